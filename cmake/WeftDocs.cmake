# The examples, built and run, and the documents' code, compiled and run: what they print is held to what they say.
include_guard(GLOBAL)

set(weft_snippets "${PROJECT_SOURCE_DIR}/tests/docs/snippets.py")

if(WEFT_BUILD_EXAMPLES)
  weft_glob(sources "${PROJECT_SOURCE_DIR}/examples/*.cc")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_test(NAME "example/${name}" COMMAND Python3::Interpreter "${weft_snippets}" example "${source}" --
                                            ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:example_${name}>)
    set_tests_properties("example/${name}" PROPERTIES LABELS example TIMEOUT ${WEFT_TEST_TIMEOUT})
  endforeach()
endif()

# Sanitizers and emulators change how a program dies, so there the blocks that announce an exit code are compiled only.
set(weft_crashes "")
if(WEFT_SANITIZE OR CMAKE_CROSSCOMPILING_EMULATOR OR NOT WEFT_CONTEXT STREQUAL "asm")
  set(weft_crashes --no-crashes)
endif()

# The program of all code blocks of one page, and the test that runs it. Paths stay relative: errors name the page.
function(weft_add_page_test page)
  cmake_path(GET page STEM name)
  string(TOLOWER "${name}" name)
  set(program "${PROJECT_BINARY_DIR}/docs/${name}.cc")
  add_custom_command(OUTPUT "${program}" DEPENDS "${PROJECT_SOURCE_DIR}/${page}" "${weft_snippets}"
                     COMMAND Python3::Interpreter "${weft_snippets}" extract "${page}" "${program}"
                     WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" COMMENT "Code of ${page}" VERBATIM)
  weft_program(docs_${name} docs ${name} "${program}")
  add_test(NAME "docs/${name}" COMMAND Python3::Interpreter "${weft_snippets}" run "${page}" ${weft_crashes} --
                                       ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:docs_${name}>
           WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties("docs/${name}" PROPERTIES LABELS docs TIMEOUT ${WEFT_TEST_TIMEOUT})
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/docs")
add_test(NAME docs/self_test COMMAND Python3::Interpreter "${weft_snippets}" self-test)
set_tests_properties(docs/self_test PROPERTIES LABELS docs TIMEOUT ${WEFT_TEST_TIMEOUT})
file(GLOB weft_pages CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/docs/guide/*.md")
list(FILTER weft_pages EXCLUDE REGEX "README\\.md$")
weft_without_absent_parts(weft_pages)
foreach(page IN LISTS weft_pages ITEMS README.md docs/go_differences.md)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${page}")
    weft_add_page_test("${page}")
  endif()
endforeach()

# The weft program, the lab's scenarios and the examples. A folder that brings its own CMakeLists.txt rules itself.
include_guard(GLOBAL)

# Adds one program of ours from `sources`, named `output` under the build folder `directory`.
function(weft_program target directory output)
  add_executable(${target} ${ARGN})
  weft_own(${target})
  target_link_libraries(${target} PRIVATE weft::weft)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME "${output}"
                                             RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${directory}")
endfunction()

# The harness is in lab/ and lab/harness/; each scenario's folder lab/<nn>_<name>/ holds before.cc and after.cc, two
# programs, and what both share.
function(weft_add_lab)
  weft_glob(harness "${PROJECT_SOURCE_DIR}/lab/*.cc" "${PROJECT_SOURCE_DIR}/lab/harness/*.cc")
  list(FILTER harness EXCLUDE REGEX "_test\\.cc$")
  if(NOT EXISTS "${PROJECT_SOURCE_DIR}/tools/weft_main.cc")
    return()
  endif()
  weft_program(weft_program . weft "${PROJECT_SOURCE_DIR}/tools/weft_main.cc" ${harness})
  target_compile_definitions(weft_program PRIVATE "WEFT_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\""
                                                  "WEFT_BINARY_DIR=\"${PROJECT_BINARY_DIR}\"")
  add_dependencies(weft_lab weft_program)

  file(GLOB scenarios CONFIGURE_DEPENDS LIST_DIRECTORIES true "${PROJECT_SOURCE_DIR}/lab/[0-9][0-9]_*")
  foreach(scenario IN LISTS scenarios)
    cmake_path(GET scenario FILENAME name)
    weft_glob(shared "${scenario}/*.cc")
    list(FILTER shared EXCLUDE REGEX "/(before|after)\\.cc$")
    foreach(side before after)
      if(EXISTS "${scenario}/${side}.cc")
        weft_program(lab_${name}_${side} lab/${name} ${side} "${scenario}/${side}.cc" ${shared})
        add_dependencies(weft_lab lab_${name}_${side})
      endif()
    endforeach()
  endforeach()
endfunction()

add_custom_target(weft_lab)
if(WEFT_BUILD_LAB AND EXISTS "${PROJECT_SOURCE_DIR}/lab/CMakeLists.txt")
  add_subdirectory("${PROJECT_SOURCE_DIR}/lab" lab)
elseif(WEFT_BUILD_LAB)
  weft_add_lab()
endif()

if(WEFT_BUILD_EXAMPLES)
  weft_glob(weft_examples "${PROJECT_SOURCE_DIR}/examples/*.cc")
  foreach(source IN LISTS weft_examples)
    cmake_path(GET source STEM name)
    weft_program(example_${name} examples ${name} "${source}")
  endforeach()
endif()

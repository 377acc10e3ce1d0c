# Fuzzers of what reads hostile input: tests/fuzz/<name>_fuzz.cc with its corpus, tests/fuzz/corpus/<name>/.
#
# In every build a small main hands each file of the corpus to the same function: a test, with any compiler. With
# WEFT_BUILD_FUZZERS everything is compiled for libFuzzer with the address sanitizer, and there are the fuzzers as well,
# all of them in the target weft_fuzzers: `make fuzz`.
include_guard(GLOBAL)

if(WEFT_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR WEFT_SANITIZE STREQUAL "thread")
    message(FATAL_ERROR "WEFT_BUILD_FUZZERS needs clang, and no thread sanitizer")
  endif()
  set(WEFT_SANITIZE_FLAGS -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
                          -fno-omit-frame-pointer -UNDEBUG)  # what libraries assert counts
  add_custom_target(weft_fuzzers)
endif()

# Adds the fuzzer of `name`, linked to the libraries that follow.
function(weft_add_fuzzer name)
  set(folder "${PROJECT_SOURCE_DIR}/tests/fuzz")
  set(programs fuzz_${name}_replay)
  add_executable(fuzz_${name}_replay "${folder}/${name}_fuzz.cc" "${folder}/replay_main.cc")
  add_test(NAME fuzz/${name} COMMAND fuzz_${name}_replay "${folder}/corpus/${name}")
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  if(WEFT_BUILD_FUZZERS)
    list(APPEND programs fuzz_${name})
    add_executable(fuzz_${name} "${folder}/${name}_fuzz.cc")
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(weft_fuzzers fuzz_${name})
  endif()
  foreach(program IN LISTS programs)
    weft_own(${program})
    target_compile_options(${program} PRIVATE ${WEFT_QUICK_FLAGS})
    target_link_libraries(${program} PRIVATE ${ARGN})
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/fuzz")
  endforeach()
endfunction()

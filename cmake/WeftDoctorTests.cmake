# The doctor's tests: its parts, its parsers at what fuzzers start from, and the whole program at captured services,
# hostile files and live servers.
include_guard(GLOBAL)

weft_add_tests(pprof "${PROJECT_SOURCE_DIR}/src/pprof" _test fast weft_pprof)
weft_add_tests(doctor "${PROJECT_SOURCE_DIR}/src/doctor" _test fast weft_doctor)
foreach(parser pprof go_log prometheus elf)
  weft_add_fuzzer(${parser} weft_doctor)
endforeach()

# tests/doctor/x.py starts real servers and drives the program of x.cc; code 77 where there are none.
function(weft_add_doctor_server_tests)
  weft_glob(sources "${WEFT_TESTS_DIR}/doctor/*.cc")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    weft_program(doctor_${name} tests/doctor ${name} "${source}")
    target_link_libraries(doctor_${name} PRIVATE weft_doctor)
    add_test(NAME "doctor/${name}"
             COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/doctor/${name}.py" $<TARGET_FILE:doctor_${name}>)
    set_tests_properties("doctor/${name}" PROPERTIES LABELS live SKIP_RETURN_CODE 77 TIMEOUT ${WEFT_TEST_TIMEOUT})
  endforeach()
endfunction()

# What the program prints, held to the letter, and what it makes of hostile files.
function(weft_add_doctor_program_tests)
  add_test(NAME golden/doctor
           COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/golden/run.py" $<TARGET_FILE:weft_program>)
  set_tests_properties(golden/doctor PROPERTIES LABELS "golden;fast" TIMEOUT ${WEFT_TEST_TIMEOUT})
  # A sanitizer's shadow needs more address space than the limit leaves, and its quarantine more memory.
  set(limits "")
  if(WEFT_SANITIZE)
    set(limits --no-limits)
  endif()
  add_test(NAME doctor/hostile COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/doctor/hostile.py" ${limits}
                                       $<TARGET_FILE:weft_program>)
  set_tests_properties(doctor/hostile PROPERTIES LABELS fast TIMEOUT 600)
endfunction()

# The program at live servers that are hostile, and at Go programs with an illness each: some of these in CI, where
# nothing else runs beside them, and all of both in `make stress`.
function(weft_add_live_doctor_tests)
  set(hostile_servers Python3::Interpreter "${WEFT_TESTS_DIR}/doctor/hostile_servers.py")
  set(live_go Python3::Interpreter "${WEFT_TESTS_DIR}/doctor/live_go.py"
              --build "${PROJECT_BINARY_DIR}/tests/doctor/live_go")
  foreach(name hostile_servers live_go)
    add_test(NAME "doctor/${name}.quick" COMMAND ${${name}} $<TARGET_FILE:weft_program> doctor)
    add_test(NAME "doctor/${name}" COMMAND ${${name}} --full $<TARGET_FILE:weft_program> doctor)
    set_tests_properties("doctor/${name}" PROPERTIES LABELS stress TIMEOUT 1800 RUN_SERIAL ON)
  endforeach()
  set_tests_properties(doctor/hostile_servers.quick PROPERTIES LABELS fast TIMEOUT 300)
  set_tests_properties(doctor/live_go.quick PROPERTIES LABELS live TIMEOUT 600 RUN_SERIAL ON)
  set_tests_properties(doctor/live_go.quick doctor/live_go PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

if(NOT WEFT_SANITIZE)
  weft_add_doctor_server_tests()
endif()
if(TARGET weft_program)
  weft_add_doctor_program_tests()
endif()
if(TARGET weft_program AND NOT WEFT_SANITIZE)
  weft_add_live_doctor_tests()
endif()

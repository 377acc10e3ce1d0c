# The tests, one function a kind. Each file is one program or one check, found by its name; labels cut the suite:
#   fast  unit tests, compile checks, one second of each stress test     stress  the stress tests at length
#   conformance  Go's behaviours     model  every interleaving of a small case     crash  bad input and fatal errors
#   fuzz  what fuzzers found, and what they start from
#   foreign  unwrapped client libraries on real servers (WEFT_BUILD_FOREIGN)     live  the doctor at real servers
#   golden  output held to the letter     install  find_package and pkg-config from a scratch project
include_guard(GLOBAL)

find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(WEFT_TEST_TIMEOUT 120 CACHE STRING "Seconds after which a test counts as hung")
set(WEFT_TESTS_DIR "${PROJECT_SOURCE_DIR}/tests")

# What nearly every test includes, compiled once for a sanitizer's build, where reading headers is most of the work. The
# other builds read them, so that a test which misses an include is found there.
if(WEFT_SANITIZE)
  set(weft_header_user "${PROJECT_BINARY_DIR}/test_headers.cc")
  file(CONFIGURE OUTPUT "${weft_header_user}" CONTENT "")
  add_library(weft_test_headers OBJECT "${weft_header_user}")
  weft_own(weft_test_headers)
  target_compile_options(weft_test_headers PRIVATE ${WEFT_QUICK_FLAGS})
  target_link_libraries(weft_test_headers PRIVATE weft::weft GTest::gmock)
  target_precompile_headers(weft_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <weft/weft.h>)
endif()

# Builds one GoogleTest program and names the target in `result`. A file with a main of its own keeps it.
function(weft_test_program result prefix source)
  cmake_path(GET source STEM name)
  string(REPLACE "/" "_" target "${prefix}_${name}")
  weft_program(${target} "tests/${prefix}" "${name}" "${source}" ${ARGN})
  target_include_directories(${target} PRIVATE "${WEFT_TESTS_DIR}")
  target_compile_definitions(${target} PRIVATE "WEFT_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")
  target_compile_definitions(${target} PRIVATE $<$<STREQUAL:${WEFT_CONTEXT},boost>:WEFT_CONTEXT_BOOST=1>
                                                  $<$<NOT:$<BOOL:${WEFT_FP_CONTROL}>>:WEFT_NO_FP_CONTROL=1>)
  target_link_libraries(${target} PRIVATE ${WEFT_TEST_SUPPORT} GTest::gtest_main GTest::gmock)
  if(TARGET weft_test_headers)
    target_precompile_headers(${target} REUSE_FROM weft_test_headers)
  endif()
  set(${result} ${target} PARENT_SCOPE)
endfunction()

# What tests of net link besides weft: OpenSSL makes certificates, and is Asio's TLS as a peer.
set(weft_net_libraries "")
set(weft_http_libraries "")
if(WEFT_TLS)
  set(weft_net_libraries OpenSSL::SSL)
  set(weft_http_libraries OpenSSL::SSL)
endif()
if(WEFT_HTTP AND WEFT_HTTP2)
  list(APPEND weft_http_libraries nghttp2)  # the client of the tests
endif()

# Takes out of a list what tests parts that are not built.
function(weft_without_absent_parts list_name)
  set(kept ${${list_name}})
  if(NOT WEFT_TLS)
    list(FILTER kept EXCLUDE REGEX "/tls[^/]*$")
  endif()
  if(NOT WEFT_HTTP2)
    list(FILTER kept EXCLUDE REGEX "/(tls_)?h2[^/]*$")
  endif()
  if(NOT WEFT_HTTP)
    list(FILTER kept EXCLUDE REGEX "/((api_contract_|tls_)?(http|h2)[^/]*|service\\.md)$")
  endif()
  set(${list_name} ${kept} PARENT_SCOPE)
endfunction()

# Adds the programs of one folder whose names end in `suffix`, each one test with `label`, linked to what follows.
function(weft_add_tests prefix folder suffix label)
  weft_glob(sources "${folder}/*${suffix}.cc")
  weft_without_absent_parts(sources)
  foreach(source IN LISTS sources)
    weft_test_program(target "${prefix}" "${source}")
    target_link_libraries(${target} PRIVATE ${ARGN})
    cmake_path(GET source STEM name)
    add_test(NAME "${prefix}/${name}" COMMAND ${target})
    set_tests_properties("${prefix}/${name}" PROPERTIES LABELS "${label}" TIMEOUT ${WEFT_TEST_TIMEOUT})
  endforeach()
endfunction()

# A stress test runs for WEFT_STRESS_SECONDS: one second in `make test`, as long as the caller says in `make stress`.
function(weft_add_stress_tests)
  weft_glob(sources "${WEFT_TESTS_DIR}/stress/*_stress.cc")
  weft_without_absent_parts(sources)
  foreach(source IN LISTS sources)
    weft_test_program(target stress "${source}")
    target_link_libraries(${target} PRIVATE ${weft_net_libraries} ${weft_http_libraries})
    cmake_path(GET source STEM name)
    add_test(NAME "stress/${name}.quick" COMMAND ${target})
    set_tests_properties("stress/${name}.quick" PROPERTIES LABELS fast TIMEOUT ${WEFT_TEST_TIMEOUT}
                                                           ENVIRONMENT WEFT_STRESS_SECONDS=1)
    # Every wake-up through the global queue: whoever keeps a thread's state across a park is found out.
    add_test(NAME "stress/${name}.migrate" COMMAND ${target})
    set_tests_properties("stress/${name}.migrate" PROPERTIES LABELS fast TIMEOUT ${WEFT_TEST_TIMEOUT}
                                                             ENVIRONMENT "WEFT_STRESS_SECONDS=1;WEFT_DEBUG=migrate=1")
    add_test(NAME "stress/${name}" COMMAND ${target})
    add_test(NAME "stress/${name}.migrating" COMMAND ${target})
    set_tests_properties("stress/${name}.migrating" PROPERTIES ENVIRONMENT WEFT_DEBUG=migrate=1)
    set_tests_properties("stress/${name}" "stress/${name}.migrating" PROPERTIES LABELS stress TIMEOUT 7200
                                                                               RUN_SERIAL ON)
  endforeach()
endfunction()

# The example service under real clients, and under bad ones: in `make stress` and in CI, where nothing runs beside.
function(weft_add_load_tests)
  if(NOT TARGET notes OR WEFT_SANITIZE)
    return()
  endif()
  set(cases wrk h2load curl idle_connections slowloris resets half_closed half_open malformed out_of_files disk_full
            clock_jumps names_down quota_changes terminated_under_load terminated_with_kept_connections)
  if(WEFT_HTTP2)
    list(APPEND cases http2)
    if(WEFT_TLS)
      list(APPEND cases http2_over_tls)
    endif()
  endif()
  foreach(case IN LISTS cases)
    add_test(NAME load/${case}
             COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/load/run.py" $<TARGET_FILE:notes> ${case})
    set_tests_properties(load/${case} PROPERTIES LABELS live SKIP_RETURN_CODE 77 TIMEOUT ${WEFT_TEST_TIMEOUT} RUN_SERIAL
                                                                                                              ON)
  endforeach()
endfunction()

# A model replaces the atomics: its shadow headers come first on the include path, and the library is not linked. The
# code under test is instrumented for plain accesses, which the explorer answers in the sanitizer's place: that leaves
# no room for a real sanitizer.
function(weft_add_model_tests)
  if(WEFT_SANITIZE)
    return()
  endif()
  set(folder "${WEFT_TESTS_DIR}/model")
  weft_glob(sources "${folder}/*_model.cc")
  weft_glob(explorer "${folder}/explorer/*.cc")
  add_library(model_explorer STATIC EXCLUDE_FROM_ALL ${explorer})
  weft_own(model_explorer)
  target_compile_options(model_explorer PRIVATE -O2)
  target_include_directories(model_explorer PUBLIC "${folder}" "${WEFT_TESTS_DIR}")
  target_link_libraries(model_explorer PUBLIC GTest::gtest_main Threads::Threads)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    add_executable(model_${name} "${source}")
    target_include_directories(model_${name} BEFORE PRIVATE "${folder}/shadow")
    weft_own(model_${name})
    target_compile_options(model_${name} PRIVATE -fsanitize=thread -U__SANITIZE_THREAD__)
    target_include_directories(model_${name} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_link_libraries(model_${name} PRIVATE model_explorer)
    set_target_properties(model_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/model")
    add_test(NAME "model/${name}" COMMAND model_${name})
    set_tests_properties("model/${name}" PROPERTIES LABELS model TIMEOUT 600)
  endforeach()
endfunction()

# Real client libraries against real servers, called from goroutines without a wrapper.
function(weft_add_foreign_tests)
  if(WEFT_BUILD_FOREIGN)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(FOREIGN REQUIRED IMPORTED_TARGET libpq libcurl hiredis)
    add_library(weft_foreign_servers STATIC "${WEFT_TESTS_DIR}/foreign/servers.cc")
    weft_own(weft_foreign_servers)
    target_include_directories(weft_foreign_servers PUBLIC "${WEFT_TESTS_DIR}")
    weft_add_tests(foreign "${WEFT_TESTS_DIR}/foreign" _test foreign weft_foreign_servers PkgConfig::FOREIGN)
  endif()
endfunction()

# Programs that must end badly, each in its own way; tests/crash/run.py holds the table of what each one must say.
function(weft_add_crash_tests)
  if(NOT EXISTS "${WEFT_TESTS_DIR}/crash/run.py")
    return()
  endif()
  weft_glob(sources "${WEFT_TESTS_DIR}/crash/*.cc")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    weft_program(crash_${name} tests/crash ${name} "${source}")
  endforeach()
  set(sanitizer "")
  if(WEFT_SANITIZE)
    set(sanitizer --sanitizer ${WEFT_SANITIZE})
  endif()
  add_test(NAME crash/table COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/crash/run.py" ${sanitizer}
                                    "${PROJECT_BINARY_DIR}/tests/crash")
  set_tests_properties(crash/table PROPERTIES LABELS crash TIMEOUT 600)
endfunction()

# Programs looked at by a tool from outside: tests/tools/x.py starts the tool on the program of x.cc, and ends with code
# 77 where that tool is not installed. A sanitizer's runtime, or an emulator, would be in the tool's way.
function(weft_add_tool_tests)
  if(WEFT_SANITIZE OR CMAKE_CROSSCOMPILING)
    return()
  endif()
  weft_glob(sources "${WEFT_TESTS_DIR}/tools/*.cc")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    if(name STREQUAL "gdb" AND NOT WEFT_CONTEXT STREQUAL "asm")
      continue()  # its script reads contexts as our assembly lays them down
    endif()
    weft_program(tools_${name} tests/tools ${name} "${source}")
    add_test(NAME "tools/${name}"
             COMMAND Python3::Interpreter "${WEFT_TESTS_DIR}/tools/${name}.py" $<TARGET_FILE:tools_${name}>)
    set_tests_properties("tools/${name}" PROPERTIES LABELS fast SKIP_RETURN_CODE 77 TIMEOUT 600)
  endforeach()
  add_test(NAME tools/ask_again COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/ask_again_test.py")
  set_tests_properties(tools/ask_again PROPERTIES LABELS fast TIMEOUT ${WEFT_TEST_TIMEOUT})
endfunction()

# Adds a test that compiles `source` alone. It passes when the compiler accepts it or, where `expected` is first_line,
# when the compiler rejects it with the message that its first line announces.
function(weft_add_compile_test name source expected)
  set(flags -std=c++20 ${WEFT_WARNINGS} -Werror "-I${PROJECT_SOURCE_DIR}/include")
  if(CMAKE_CXX_COMPILER_TARGET)
    list(APPEND flags "--target=${CMAKE_CXX_COMPILER_TARGET}")
  endif()
  add_test(NAME "${name}"
           COMMAND "${CMAKE_COMMAND}" "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DFLAGS=${flags}" "-DSOURCE=${source}"
                   "-DEXPECT=${expected}" -P "${PROJECT_SOURCE_DIR}/cmake/compile_check.cmake")
  set_tests_properties("${name}" PROPERTIES LABELS fast TIMEOUT ${WEFT_TEST_TIMEOUT})
endfunction()

# Every public header compiles alone, and twice in one unit.
function(weft_add_header_tests)
  set(include_dir "${PROJECT_SOURCE_DIR}/include")
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${include_dir}" "${include_dir}/weft/*.h")
  if(NOT WEFT_HTTP)
    list(FILTER headers EXCLUDE REGEX "^weft/http[./]")
  endif()
  foreach(header IN LISTS headers)
    string(MAKE_C_IDENTIFIER "${header}" name)
    set(unit "${PROJECT_BINARY_DIR}/headers/${name}.cc")
    file(CONFIGURE OUTPUT "${unit}" CONTENT "#include <${header}>\n#include <${header}>\n")
    weft_add_compile_test("header/${header}" "${unit}" "")
  endforeach()
endfunction()

# Each file of tests/compile_fail must be rejected, for the reason in its first line: `// EXPECT: regex`.
function(weft_add_compile_fail_tests)
  weft_glob(sources "${WEFT_TESTS_DIR}/compile_fail/*.cc")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    weft_add_compile_test("compile_fail/${name}" "${source}" first_line)
  endforeach()
endfunction()

# What tests share beyond headers.
weft_glob(weft_support_sources "${WEFT_TESTS_DIR}/support/*.cc")
set(WEFT_TEST_SUPPORT "")
if(weft_support_sources)
  add_library(weft_test_support STATIC ${weft_support_sources})
  weft_own(weft_test_support)
  target_include_directories(weft_test_support PUBLIC "${WEFT_TESTS_DIR}")
  target_link_libraries(weft_test_support PUBLIC weft::weft GTest::gtest)
  set(WEFT_TEST_SUPPORT weft_test_support)
endif()

foreach(layer IN LISTS WEFT_LAYERS)
  weft_add_tests(${layer} "${PROJECT_SOURCE_DIR}/src/${layer}" _test fast ${weft_${layer}_libraries})
endforeach()
if(WEFT_HTTP)
  weft_add_fuzzer(http_request weft::weft)
  weft_add_fuzzer(http_response weft::weft)
  weft_add_fuzzer(multipart weft::weft)
endif()
if(WEFT_HTTP AND WEFT_HTTP2)
  weft_add_fuzzer(http2 weft::weft)
endif()
if(TARGET weft_doctor)
  include(WeftDoctorTests)
endif()
if(TARGET lab_harness)
  weft_add_tests(lab "${PROJECT_SOURCE_DIR}/lab/*" _test fast lab_harness lab_parts)
endif()
weft_add_tests(conformance "${WEFT_TESTS_DIR}/conformance" _test conformance)
weft_add_tests(golden "${WEFT_TESTS_DIR}/golden" _test golden)
weft_add_stress_tests()
weft_add_load_tests()
weft_add_model_tests()
weft_add_foreign_tests()
weft_add_crash_tests()
weft_add_tool_tests()
weft_add_header_tests()
weft_add_compile_fail_tests()

if(EXISTS "${WEFT_TESTS_DIR}/install/run.sh" AND WEFT_INSTALL AND NOT WEFT_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME install/find_package COMMAND "${WEFT_TESTS_DIR}/install/run.sh" "${PROJECT_BINARY_DIR}")
  set_tests_properties(install/find_package PROPERTIES LABELS install TIMEOUT 300)
endif()

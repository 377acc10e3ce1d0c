# The doctor as a program: what it prints, held to the letter, and what it makes of hostile files.
include_guard(GLOBAL)

# Adds tests/golden/run.py over the captured bundles, and tests/doctor/hostile.py.
function(weft_add_doctor_program_tests)
  if(CMAKE_CROSSCOMPILING OR NOT TARGET weft_program)
    return()
  endif()
  add_test(NAME golden/doctor
           COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/golden/run.py" $<TARGET_FILE:weft_program>)
  set_tests_properties(golden/doctor PROPERTIES LABELS "golden;fast" TIMEOUT ${WEFT_TEST_TIMEOUT})
  # A sanitizer's shadow needs more address space than the limit leaves, and its quarantine more memory.
  set(limits "")
  if(WEFT_SANITIZE)
    set(limits --no-limits)
  endif()
  add_test(NAME doctor/hostile COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/doctor/hostile.py" ${limits}
                                       $<TARGET_FILE:weft_program>)
  set_tests_properties(doctor/hostile PROPERTIES LABELS fast TIMEOUT 600)
endfunction()

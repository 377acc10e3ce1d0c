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
endfunction()

# Compiles SOURCE with COMPILER and FLAGS, keeping nothing. EXPECT empty: it must compile. EXPECT first_line: it must be
# rejected, and the compiler's words must match the regular expression in the file's first line, `// EXPECT: regex`.
set(ENV{LC_ALL} C)  # the quotes in its messages are plain then
execute_process(COMMAND "${COMPILER}" ${FLAGS} -fsyntax-only "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE words ERROR_VARIABLE words)

if(NOT EXPECT STREQUAL "first_line")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${SOURCE} does not compile:\n${words}")
  endif()
  return()
endif()

file(STRINGS "${SOURCE}" first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// EXPECT: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line must read `// EXPECT: regex`")
endif()
set(pattern "${CMAKE_MATCH_1}")
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, and must not")
endif()
if(NOT words MATCHES "${pattern}")
  message(FATAL_ERROR "${SOURCE} is rejected, but not with `${pattern}`:\n${words}")
endif()

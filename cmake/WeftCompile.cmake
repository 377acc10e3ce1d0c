# How weft's own targets are compiled: language, warnings, sanitizers. Nothing here reaches a user of the library.
include_guard(GLOBAL)

set(WEFT_WARNINGS -Wall -Wextra -Wshadow -Wconversion)
if(WEFT_WERROR)
  list(APPEND WEFT_WARNINGS -Werror)
endif()

set(WEFT_SANITIZE_FLAGS "")
if(WEFT_SANITIZE STREQUAL "address")
  set(WEFT_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(WEFT_SANITIZE STREQUAL "thread")
  set(WEFT_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
endif()

# For all but the library, where compiling is most of the time: lines are the debug information that reports name. Under
# a sanitizer not optimized either, for the checks are most of the code then, and they find no less.
set(WEFT_QUICK_FLAGS -g1)
if(WEFT_SANITIZE)
  list(APPEND WEFT_QUICK_FLAGS -O0)
endif()

# Declares `target` one of weft's own: C++20 without extensions, the warnings, the sanitizer, and src/ to include from.
function(weft_own target)
  set_target_properties(${target} PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${WEFT_WARNINGS}> ${WEFT_SANITIZE_FLAGS}
                                           -ffunction-sections -fdata-sections)
  target_link_options(${target} PRIVATE ${WEFT_SANITIZE_FLAGS})
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
endfunction()

# Gathers files into `result`, again at every build, so that a new file needs no edit here.
function(weft_glob result)
  file(GLOB found CONFIGURE_DEPENDS LIST_DIRECTORIES false ${ARGN})
  list(SORT found)
  set(${result} ${found} PARENT_SCOPE)
endfunction()

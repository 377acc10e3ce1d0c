# What a builder may choose. A project that adds weft as a subdirectory gets the library alone.
option(BUILD_SHARED_LIBS "Build weft as a shared library" OFF)
option(WEFT_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_PEERS "Build the benchmarks' twins on other libraries (needs Boost.Fiber)" OFF)
option(WEFT_BUILD_FOREIGN "Build the tests on libpq, libcurl and hiredis with real servers" OFF)
option(WEFT_BUILD_LAB "Build the weft program and the lab's scenarios" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_INSTALL "Generate the install rules" ${PROJECT_IS_TOP_LEVEL})
option(WEFT_WERROR "Warnings are errors" OFF)
option(WEFT_FIX_ERRNO "Give users of weft -D__const__=__unused__, without which compilers keep errno's address" ON)

set(WEFT_SANITIZE "" CACHE STRING "address (with undefined behaviour), thread, or empty")
set_property(CACHE WEFT_SANITIZE PROPERTY STRINGS "" address thread)
set(WEFT_CONTEXT asm CACHE STRING "The context switch: asm (own assembly) or boost (Boost.Context)")
set_property(CACHE WEFT_CONTEXT PROPERTY STRINGS asm boost)

# Ends the configuration unless the value of `option_name` is one of the allowed ones.
function(weft_require_one_of option_name)
  if(NOT "${${option_name}}" IN_LIST ARGN)
    list(JOIN ARGN "', '" allowed)
    message(FATAL_ERROR "${option_name}='${${option_name}}': allowed are '${allowed}'")
  endif()
endfunction()
weft_require_one_of(WEFT_SANITIZE "" address thread)
weft_require_one_of(WEFT_CONTEXT asm boost)

# A build that names no type gets optimized code with line tables.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "The build type" FORCE)
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(WEFT_CCACHE ccache)
  if(WEFT_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${WEFT_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${WEFT_CCACHE}")
  endif()
endif()

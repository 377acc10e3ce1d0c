# The library: one archive from the layers that exist. The order is that of tools/layers.dag.
include_guard(GLOBAL)
include(GNUInstallDirs)

set(WEFT_LAYERS base os sched sync net obs)
if(WEFT_HTTP)
  list(APPEND WEFT_LAYERS http)
endif()
list(APPEND WEFT_LAYERS app)

find_package(Threads REQUIRED)
find_path(WEFT_LIBDW_INCLUDE elfutils/libdwfl.h REQUIRED)  # the headers; the library is loaded when it is needed
find_path(WEFT_FMT_INCLUDE fmt/format.h REQUIRED)          # used as headers alone

# Appends the sources of one layer; tests and benchmarks beside them are targets of their own.
function(weft_layer_sources result layer)
  weft_glob(sources "${PROJECT_SOURCE_DIR}/src/${layer}/*.cc")
  list(FILTER sources EXCLUDE REGEX "_(test|bench)\\.cc$")
  if(NOT WEFT_HTTP)
    list(FILTER sources EXCLUDE REGEX "/app/http_")
  endif()
  if(WEFT_CONTEXT STREQUAL "asm")
    list(FILTER sources EXCLUDE REGEX "_boost\\.cc$")
  else()
    list(FILTER sources EXCLUDE REGEX "/context_asm\\.cc$")
  endif()
  if(NOT WEFT_TLS)
    list(FILTER sources EXCLUDE REGEX "/tls[^/]*\\.cc$")
  endif()
  if(NOT WEFT_HTTP2)
    list(FILTER sources EXCLUDE REGEX "/h2[^/]*\\.cc$")
  endif()
  set(${result} ${${result}} ${sources} PARENT_SCOPE)
endfunction()

# Appends the assembly for the processor built for, unless Boost.Context switches.
function(weft_context_sources result)
  if(NOT WEFT_CONTEXT STREQUAL "asm")
    return()
  endif()
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
  string(REPLACE "amd64" "x86_64" processor "${processor}")
  string(REPLACE "arm64" "aarch64" processor "${processor}")
  set(assembly "${PROJECT_SOURCE_DIR}/src/os/context_${processor}.S")
  if(NOT EXISTS "${assembly}")
    message(FATAL_ERROR "no context switch for ${CMAKE_SYSTEM_PROCESSOR}: configure with -DWEFT_CONTEXT=boost")
  endif()
  set(${result} ${${result}} "${assembly}" PARENT_SCOPE)
endfunction()

set(weft_sources "")
foreach(layer IN LISTS WEFT_LAYERS)
  weft_layer_sources(weft_sources ${layer})
endforeach()
weft_context_sources(weft_sources)

add_library(weft ${weft_sources})
add_library(weft::weft ALIAS weft)
weft_own(weft)
set_target_properties(weft PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0 DEFINE_SYMBOL "")
if(BUILD_SHARED_LIBS)
  # Else GCC would neither inline nor bind the library's own calls.
  target_compile_options(weft PRIVATE -fno-semantic-interposition)
endif()
target_compile_features(weft PUBLIC cxx_std_20)
target_include_directories(weft PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                       $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(weft PUBLIC Threads::Threads PRIVATE ${CMAKE_DL_LIBS})

if(WEFT_TLS)
  find_package(OpenSSL 3.0 REQUIRED)
  target_link_libraries(weft PRIVATE OpenSSL::SSL)
  target_compile_definitions(weft PRIVATE WEFT_TLS=1)
endif()

# The sanitizer's runtime must be in whatever links a sanitized weft.
target_link_options(weft INTERFACE $<BUILD_INTERFACE:${WEFT_SANITIZE_FLAGS}>)

if(WEFT_HTTP)
  find_package(Boost 1.81 REQUIRED)  # headers: Beast's parser, JSON, URL, containers
  find_path(WEFT_PROTOZERO_INCLUDE protozero/pbf_writer.hpp REQUIRED)
  target_link_libraries(weft PUBLIC Boost::headers)
endif()

if(WEFT_HTTP AND WEFT_HTTP2)
  find_path(WEFT_NGHTTP2_INCLUDE nghttp2/nghttp2.h REQUIRED)
  find_library(WEFT_NGHTTP2 nghttp2 REQUIRED)
  target_include_directories(weft PRIVATE "${WEFT_NGHTTP2_INCLUDE}")
  target_link_libraries(weft PRIVATE nghttp2)  # by its name: the package says no more to who links the archive
  target_compile_definitions(weft PRIVATE WEFT_HTTP2=1)
endif()

# fmt is used inside only; as headers it asks nothing of who links weft.
target_compile_definitions(weft PRIVATE FMT_HEADER_ONLY=1)

set(WEFT_STACK_PROBE_FLAGS "")
if(WEFT_STACK_PROBES)
  # A frame larger than the guard below a stack would reach the neighbour's stack without touching the guard. Frames
  # that
  # touch each of their pages in turn cannot.
  set(WEFT_STACK_PROBE_FLAGS -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND WEFT_STACK_PROBE_FLAGS --param=stack-clash-protection-guard-size=12)  # its default is 64 KiB
  endif()
  target_compile_options(weft PUBLIC "$<$<COMPILE_LANG_AND_ID:C,GNU,Clang>:${WEFT_STACK_PROBE_FLAGS}>"
                                     "$<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:${WEFT_STACK_PROBE_FLAGS}>")
endif()

if(WEFT_FIX_ERRNO)
  # glibc marks __errno_location const, so a compiler reads it once and keeps the thread's address across a park that
  # may move the goroutine to another thread. Under this definition the mark reads "unused".
  target_compile_definitions(weft PUBLIC $<$<COMPILE_LANG_AND_ID:C,GNU,Clang>:__const__=__unused__>
                                         $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:__const__=__unused__>)
endif()
if(NOT WEFT_FP_CONTROL)  # some ns a switch; then fesetround() and the like hold for whoever runs next on the thread
  target_compile_definitions(weft PRIVATE WEFT_NO_FP_CONTROL=1)
endif()
if(WEFT_CONTEXT STREQUAL "boost")
  find_package(Boost REQUIRED COMPONENTS context)
  target_link_libraries(weft PRIVATE Boost::context)
  target_compile_definitions(weft PRIVATE WEFT_CONTEXT_BOOST=1)
endif()

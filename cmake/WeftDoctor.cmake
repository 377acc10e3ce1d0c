# What reads profiles: pprof's format, and the doctor on it. Neither links the runtime.
include_guard(GLOBAL)

find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.75 REQUIRED)  # headers: Beast, Asio, JSON
find_path(WEFT_PROTOZERO_INCLUDE protozero/pbf_reader.hpp REQUIRED)

# Adds the static library of one layer's sources, all but its tests.
function(weft_reader_library target)
  weft_glob(sources ${ARGN})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_library(${target} STATIC ${sources})
  weft_own(${target})
  target_compile_options(${target} PRIVATE ${WEFT_QUICK_FLAGS})
  target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/src")
endfunction()

weft_reader_library(weft_pprof "${PROJECT_SOURCE_DIR}/src/pprof/*.cc")
target_include_directories(weft_pprof SYSTEM PRIVATE "${WEFT_PROTOZERO_INCLUDE}")
target_link_libraries(weft_pprof PRIVATE ZLIB::ZLIB)

weft_reader_library(weft_doctor "${PROJECT_SOURCE_DIR}/src/doctor/*.cc" "${PROJECT_SOURCE_DIR}/src/doctor/rules/*.cc")
target_link_libraries(weft_doctor PUBLIC weft_pprof
                                  PRIVATE fmt::fmt Boost::headers OpenSSL::SSL Threads::Threads elf dw)

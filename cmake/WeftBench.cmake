# The benchmarks: a file each, in bench/micro or beside the code they measure. A folder that brings its own
# CMakeLists.txt rules itself.
include_guard(GLOBAL)

add_custom_target(weft_benches)
if(EXISTS "${PROJECT_SOURCE_DIR}/bench/CMakeLists.txt")
  add_subdirectory("${PROJECT_SOURCE_DIR}/bench" bench)
  return()
endif()

find_package(benchmark REQUIRED)
weft_glob(weft_benches "${PROJECT_SOURCE_DIR}/bench/micro/*_bench.cc")
foreach(layer IN LISTS WEFT_LAYERS)
  weft_glob(found "${PROJECT_SOURCE_DIR}/src/${layer}/*_bench.cc")
  list(APPEND weft_benches ${found})
endforeach()

foreach(source IN LISTS weft_benches)
  cmake_path(GET source STEM name)
  weft_program(bench_${name} bench ${name} "${source}")
  target_link_libraries(bench_${name} PRIVATE benchmark::benchmark_main)
  add_dependencies(weft_benches bench_${name})
endforeach()

# The benchmarks: bench/CMakeLists.txt hangs every program on weft_benches, which `make bench` builds.
include_guard(GLOBAL)

add_custom_target(weft_benches)
add_subdirectory("${PROJECT_SOURCE_DIR}/bench" bench)

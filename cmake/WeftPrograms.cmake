# The programs: the weft program with the lab's scenarios (lab/CMakeLists.txt), and the examples.
include_guard(GLOBAL)

# Adds one program of ours from `sources`, named `output` under the build folder `directory`.
function(weft_program target directory output)
  add_executable(${target} ${ARGN})
  weft_own(${target})
  target_link_libraries(${target} PRIVATE weft::weft)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  set_target_properties(${target} PROPERTIES OUTPUT_NAME "${output}"
                                             RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${directory}")
endfunction()

add_custom_target(weft_lab)
if(WEFT_BUILD_LAB AND EXISTS "${PROJECT_SOURCE_DIR}/lab/CMakeLists.txt")
  add_subdirectory("${PROJECT_SOURCE_DIR}/lab" lab)
endif()

if(WEFT_BUILD_EXAMPLES)
  weft_glob(weft_examples "${PROJECT_SOURCE_DIR}/examples/*.cc")
  foreach(source IN LISTS weft_examples)
    cmake_path(GET source STEM name)
    weft_program(example_${name} examples ${name} "${source}")
  endforeach()
endif()

# The programs: the lab's scenarios (lab/CMakeLists.txt), the weft program, the examples.
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

# The program `weft`, with the subcommands of what is built.
if(TARGET lab_harness OR TARGET weft_doctor)
  find_package(CLI11 REQUIRED)
  weft_program(weft_program . weft "${PROJECT_SOURCE_DIR}/tools/weft_main.cc")
  target_compile_definitions(weft_program PRIVATE "WEFT_VERSION=\"${PROJECT_VERSION}\"")
  target_link_libraries(weft_program PRIVATE CLI11::CLI11)
  if(TARGET lab_harness)
    target_sources(weft_program PRIVATE "${PROJECT_SOURCE_DIR}/tools/lab_command.cc")
    target_link_libraries(weft_program PRIVATE lab_harness)
    target_compile_definitions(weft_program PRIVATE WEFT_WITH_LAB)
  endif()
  if(TARGET weft_doctor)
    target_sources(weft_program PRIVATE "${PROJECT_SOURCE_DIR}/tools/doctor_command.cc")
    target_link_libraries(weft_program PRIVATE weft_doctor)
    target_compile_definitions(weft_program PRIVATE WEFT_WITH_DOCTOR)
  endif()
  add_dependencies(weft_lab weft_program)
endif()

if(WEFT_BUILD_EXAMPLES)
  weft_glob(weft_examples "${PROJECT_SOURCE_DIR}/examples/*.cc")
  foreach(source IN LISTS weft_examples)
    cmake_path(GET source STEM name)
    weft_program(example_${name} examples ${name} "${source}")
  endforeach()
endif()

# `cmake --install`: headers, archive, find_package(weft) and pkg-config.
include_guard(GLOBAL)
if(NOT WEFT_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)

set(weft_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weft")
install(TARGETS weft EXPORT weftTargets)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/weft" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION "${weft_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/weftConfig.cmake.in" "${PROJECT_BINARY_DIR}/weftConfig.cmake"
                              INSTALL_DESTINATION "${weft_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/weftConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/weftConfig.cmake" "${PROJECT_BINARY_DIR}/weftConfigVersion.cmake"
        DESTINATION "${weft_package_dir}")

set(weft_pc_errno "")
if(WEFT_FIX_ERRNO)
  set(weft_pc_errno " -D__const__=__unused__")
endif()
list(JOIN WEFT_STACK_PROBE_FLAGS " " weft_pc_stack_probes)
# A program that links the archive needs what the archive needs; the shared library brings its own.
set(weft_pc_libs "-lstdc++")
if(WEFT_CONTEXT STREQUAL "boost")
  string(PREPEND weft_pc_libs "-lboost_context ")
endif()
if(WEFT_TLS)
  string(PREPEND weft_pc_libs "-lssl -lcrypto ")
endif()
if(WEFT_HTTP AND WEFT_HTTP2)
  string(PREPEND weft_pc_libs "-lnghttp2 ")
endif()
if(BUILD_SHARED_LIBS)
  set(weft_pc_libs "")
endif()
# The package may be moved with its prefix, so its folders are said relative to the .pc file.
set(weft_pc_dir "/${CMAKE_INSTALL_LIBDIR}/pkgconfig")
file(RELATIVE_PATH weft_pc_prefix "${weft_pc_dir}" "/")
file(RELATIVE_PATH weft_pc_libdir "/" "/${CMAKE_INSTALL_LIBDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/weft.pc.in" "${PROJECT_BINARY_DIR}/weft.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/weft.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

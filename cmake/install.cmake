# What `make install PREFIX=...` leaves behind: the program, the library, its headers under include/elbow, and what
# find_package(Elbow) reads. A header is spelled as in this repository: #include "autograd/autograd.hpp".
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Elbow)
install(TARGETS elbow EXPORT ElbowTargets COMPONENT libraries)
install(EXPORT ElbowTargets NAMESPACE Elbow:: DESTINATION ${config_dir})
configure_package_config_file(cmake/ElbowConfig.cmake.in ${PROJECT_BINARY_DIR}/ElbowConfig.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ElbowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ElbowConfig.cmake ${PROJECT_BINARY_DIR}/ElbowConfigVersion.cmake
              cmake/link_dependencies.cmake
        DESTINATION ${config_dir})

install(DIRECTORY base autograd nn data metrics cvae DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/elbow
        FILES_MATCHING PATTERN "*.hpp")
install(FILES ${ELBOW_GENERATED_DIR}/autograd/ops.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/elbow/autograd)

if(ELBOW_PROGRAM)
  install(TARGETS elbow_program)
  if(BUILD_SHARED_LIBS)
    install(TARGETS elbow_experiments COMPONENT libraries)
    file(RELATIVE_PATH libraries /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
    set_property(TARGET elbow_program APPEND PROPERTY INSTALL_RPATH $ORIGIN/${libraries})
    set_property(TARGET elbow_experiments APPEND PROPERTY INSTALL_RPATH $ORIGIN)
  endif()
endif()

# What Elbow stands on. All of it comes as Debian packages: scripts/dependencies.sh lists and installs them.
include(${CMAKE_CURRENT_LIST_DIR}/link_dependencies.cmake)

function(elbow_need_header variable header package)
  find_path(${variable} ${header} ${ARGN})
  mark_as_advanced(${variable})
  if(NOT ${variable})
    message(FATAL_ERROR "${header} not found: install the package ${package} (or run `make deps`)")
  endif()
endfunction()

elbow_need_header(XSIMD_INCLUDE_DIR xsimd/xsimd.hpp libxsimd-dev)
elbow_need_header(RANDOM123_INCLUDE_DIR Random123/philox.h librandom123-dev)
elbow_need_header(LAPACKE_INCLUDE_DIR lapacke.h liblapacke-dev PATH_SUFFIXES lapacke openblas)
elbow_need_header(CBLAS_INCLUDE_DIR cblas.h libopenblas-openmp-dev
                  PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp openblas-openmp openblas)

# What our sources are built with and a consumer's are not.
add_library(elbow_private INTERFACE)
target_include_directories(elbow_private SYSTEM INTERFACE
  ${XSIMD_INCLUDE_DIR} ${RANDOM123_INCLUDE_DIR} ${LAPACKE_INCLUDE_DIR} ${CBLAS_INCLUDE_DIR})
target_link_libraries(elbow_private INTERFACE Elbow::blas Boost::iostreams)

if(ELBOW_PROGRAM)
  elbow_need_header(CLI11_INCLUDE_DIR CLI/CLI.hpp libcli11-dev)
endif()

# What Elbow stands on. All of it comes as Debian packages (scripts/dependencies.sh lists and installs them).

function(elbow_need_header variable header package)
  find_path(${variable} ${header})
  if(NOT ${variable})
    message(FATAL_ERROR "${header} not found: install the package ${package} (or run `make deps`)")
  endif()
endfunction()

elbow_need_header(XSIMD_INCLUDE_DIR xsimd/xsimd.hpp libxsimd-dev)
elbow_need_header(RANDOM123_INCLUDE_DIR Random123/philox.h librandom123-dev)
elbow_need_header(NLOHMANN_INCLUDE_DIR nlohmann/json.hpp nlohmann-json3-dev)
elbow_need_header(LAPACKE_INCLUDE_DIR lapacke.h liblapacke-dev)

# OpenBLAS, the build whose threads are OpenMP's: two owners of threads would fight for the cores. Debian keeps the
# three builds side by side in folders of their own; elsewhere the one library there is must do.
find_library(OPENBLAS_LIBRARY NAMES openblas
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp /usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu/openblas-openmp
             NO_DEFAULT_PATH)
find_library(OPENBLAS_LIBRARY NAMES openblas openblaso)
find_library(LAPACKE_LIBRARY NAMES lapacke)
find_path(CBLAS_INCLUDE_DIR cblas.h PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp
          /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} PATH_SUFFIXES openblas)
if(NOT OPENBLAS_LIBRARY OR NOT LAPACKE_LIBRARY OR NOT CBLAS_INCLUDE_DIR)
  message(FATAL_ERROR "OpenBLAS or LAPACKE not found: install libopenblas-openmp-dev and liblapacke-dev (or run `make deps`)")
endif()
get_filename_component(OPENBLAS_DIR ${OPENBLAS_LIBRARY} DIRECTORY)

find_package(Boost REQUIRED COMPONENTS iostreams)
find_package(ZLIB REQUIRED)

# What our sources are built with and a consumer's are not.
add_library(elbow_private INTERFACE)
target_include_directories(elbow_private SYSTEM INTERFACE
  $<BUILD_INTERFACE:${XSIMD_INCLUDE_DIR}> $<BUILD_INTERFACE:${RANDOM123_INCLUDE_DIR}>
  $<BUILD_INTERFACE:${NLOHMANN_INCLUDE_DIR}> $<BUILD_INTERFACE:${LAPACKE_INCLUDE_DIR}>
  $<BUILD_INTERFACE:${CBLAS_INCLUDE_DIR}>)
target_link_libraries(elbow_private INTERFACE ${LAPACKE_LIBRARY} ${OPENBLAS_LIBRARY} Boost::iostreams)
# The run path makes the program use this very build, whatever the system's default alternative is.
target_link_options(elbow_private INTERFACE -Wl,--disable-new-dtags -Wl,-rpath,${OPENBLAS_DIR})

if(ELBOW_PROGRAM)
  elbow_need_header(CLI11_INCLUDE_DIR CLI/CLI.hpp libcli11-dev)
  elbow_need_header(GNUPLOT_IOSTREAM_INCLUDE_DIR gnuplot-iostream.h libgnuplot-iostream-dev)
  find_package(Boost REQUIRED COMPONENTS iostreams filesystem system)
  find_package(PNG REQUIRED)
  add_library(elbow_plots INTERFACE)
  target_include_directories(elbow_plots SYSTEM INTERFACE ${CLI11_INCLUDE_DIR} ${GNUPLOT_IOSTREAM_INCLUDE_DIR})
  target_link_libraries(elbow_plots INTERFACE Boost::filesystem Boost::system PNG::PNG)
endif()

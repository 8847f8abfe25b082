# What a program that uses the library is linked with. Read by the build, and by the ElbowConfig.cmake that
# `make install` leaves for find_package(Elbow).
if(POLICY CMP0167)  # from CMake 3.30 on, Boost is found by Boost's own files; both ways are fine
  cmake_policy(SET CMP0167 NEW)
endif()
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)  # only to tell OpenBLAS to leave threads alone
find_package(Boost REQUIRED COMPONENTS iostreams)
find_package(nlohmann_json 3 REQUIRED)

# OpenBLAS, the build whose threads are OpenMP's: two owners of threads would fight for the cores. Debian and Ubuntu
# keep the three builds side by side, each in a folder of its own, whichever is the system's default; Fedora calls this
# one openblaso; elsewhere the one that there is must do.
foreach(folder lib/${CMAKE_LIBRARY_ARCHITECTURE} lib64 lib)
  list(APPEND elbow_blas_folders /usr/${folder}/openblas-openmp)
endforeach()
find_library(ELBOW_OPENBLAS_LIBRARY NAMES openblas PATHS ${elbow_blas_folders} NO_DEFAULT_PATH)
find_library(ELBOW_OPENBLAS_LIBRARY NAMES openblaso openblas)
find_library(ELBOW_LAPACKE_LIBRARY NAMES lapacke openblaso openblas)
mark_as_advanced(ELBOW_OPENBLAS_LIBRARY ELBOW_LAPACKE_LIBRARY)
if(NOT ELBOW_OPENBLAS_LIBRARY OR NOT ELBOW_LAPACKE_LIBRARY)
  message(FATAL_ERROR "OpenBLAS or LAPACKE not found: install libopenblas-openmp-dev and liblapacke-dev")
endif()

if(NOT TARGET Elbow::blas)
  add_library(Elbow::blas INTERFACE IMPORTED GLOBAL)
  target_link_libraries(Elbow::blas INTERFACE ${ELBOW_LAPACKE_LIBRARY} ${ELBOW_OPENBLAS_LIBRARY})
  # The run path makes a program use this very build, whatever the system's default is. It must be the older kind of
  # run path (RPATH), which also holds for the libraries that LAPACKE in turn loads.
  get_filename_component(elbow_blas_folder ${ELBOW_OPENBLAS_LIBRARY} DIRECTORY)
  foreach(folder ${elbow_blas_folders})
    if("${CMAKE_SYSROOT}${folder}" STREQUAL elbow_blas_folder)  # where it lies on the machine that runs the program
      target_link_options(Elbow::blas INTERFACE -Wl,--disable-new-dtags -Wl,-rpath,${folder})
    endif()
  endforeach()
endif()

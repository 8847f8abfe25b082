# -DELBOW_PORTABLE=ON: one program for every x86-64 processor. Elbow is built three times, as shared libraries, and the loader of glibc
# (2.33 and later) takes those that suit the processor:
#
#   bin/elbow                                    says main() and no more
#   lib/libelbow*.so                             SSE2: any processor
#   lib/glibc-hwcaps/x86-64-v3/libelbow*.so      AVX2 and FMA
#   lib/glibc-hwcaps/x86-64-v4/libelbow*.so      AVX-512
#
# So no code of ours chooses, and none is compiled for two processors under one name.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  message(FATAL_ERROR "BUILD=portable (ELBOW_PORTABLE) is for x86-64; on ${CMAKE_SYSTEM_PROCESSOR} use ELBOW_NATIVE=OFF")
endif()
include(ExternalProject)
include(ProcessorCount)
ProcessorCount(cores)

set(tree ${PROJECT_BINARY_DIR}/tree)  # as it will be installed
add_custom_target(elbow_program ALL)
set(before)
foreach(arch x86-64 x86-64-v3 x86-64-v4)
  set(lib ${CMAKE_INSTALL_LIBDIR})
  set(install ${CMAKE_COMMAND} --install <BINARY_DIR>)
  if(NOT arch STREQUAL x86-64)
    set(lib ${lib}/glibc-hwcaps/${arch})
    list(APPEND install --component libraries)
  endif()
  ExternalProject_Add(${arch}
    SOURCE_DIR ${PROJECT_SOURCE_DIR}
    BINARY_DIR ${PROJECT_BINARY_DIR}/${arch}
    CMAKE_ARGS -DELBOW_ARCH=${arch} -DBUILD_SHARED_LIBS=ON -DELBOW_TESTS=OFF -DELBOW_MPI=OFF
               -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
               -DCMAKE_COMPILE_WARNING_AS_ERROR=${CMAKE_COMPILE_WARNING_AS_ERROR}
               -DCMAKE_INSTALL_PREFIX=${tree} -DCMAKE_INSTALL_LIBDIR=${lib}
    BUILD_COMMAND ${CMAKE_COMMAND} --build <BINARY_DIR> --parallel ${cores}
    INSTALL_COMMAND ${install}
    DEPENDS ${before}  # one after the other: each takes all cores
    BUILD_ALWAYS ON)
  set(before ${arch})
endforeach()
add_dependencies(elbow_program ${before})
file(CREATE_LINK tree/bin/elbow ${PROJECT_BINARY_DIR}/elbow SYMBOLIC)

install(DIRECTORY ${tree}/ DESTINATION . USE_SOURCE_PERMISSIONS)

if(ELBOW_TESTS)
  enable_testing()
  add_test(NAME portable COMMAND ${PROJECT_SOURCE_DIR}/tests/portable.sh ${tree}/bin/elbow)
endif()

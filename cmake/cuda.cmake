# The kernels for the GPU, from the sources that kernels.hpp tells of: backend/cuda/*.cu and the structs of the op files.
#   ELBOW_CUDA=ON         nvcc compiles them for a card. No GPU is needed to build.
#   ELBOW_CUDA=emulated   the C++ compiler does, against an emulator that checks what they do. No CUDA is needed at all.
# Either way they see no xsimd.

# An op file up to the end of its struct; what follows is for the host alone.
function(elbow_device_part file result)
  file(READ ${file} text)
  string(FIND "${text}" "}  // namespace elbow::ops" end REVERSE)
  if(end EQUAL -1)
    message(FATAL_ERROR "${file}: the op's struct ends with `}  // namespace elbow::ops`")
  endif()
  string(REGEX MATCH "\nELBOW_OP\\([^)]*\\)" registration "${text}")
  string(SUBSTRING "${text}" 0 ${end} text)
  set(${result} "#line 1 \"${file}\"\n${text}}${registration}\n" PARENT_SCOPE)
endfunction()

set(device_sources "")
set(installers "")
set(calls "")
set(device_batches 8)
foreach(file ${op_files})
  get_filename_component(name ${file} NAME_WE)
  elbow_batch_of(${name} ${device_batches} batch)
  elbow_device_part(${file} part)
  string(APPEND device_batch_${batch} "${part}")
  string(APPEND installers "void install_${name}();\n")
  string(APPEND calls "  ops::install_${name}();\n")
endforeach()
math(EXPR last_batch "${device_batches} - 1")
foreach(batch RANGE ${last_batch})
  set(source ${ELBOW_GENERATED_DIR}/device_ops_${batch}.cu)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "// Written by the build (cmake/cuda.cmake).
#include \"autograd/backend/cuda/elementwise.hpp\"
${device_batch_${batch}}")
  list(APPEND device_sources ${source})
endforeach()
file(CONFIGURE OUTPUT ${ELBOW_GENERATED_DIR}/install_kernels.cpp @ONLY CONTENT "// Written by the build (cmake/cuda.cmake).
#include \"autograd/backend/cuda/cuda_backend.hpp\"

namespace elbow {
namespace ops {
${installers}}  // namespace ops

void cuda::install_all_kernels() {
${calls}}
}  // namespace elbow
")
file(GLOB cuda_host_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/backend/cuda/*.cpp)
file(GLOB cuda_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/backend/cuda/*.cu)
target_sources(elbow PRIVATE ${cuda_host_sources} ${ELBOW_GENERATED_DIR}/install_kernels.cpp)
set_source_files_properties(${cuda_host_sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
# The only other source that knows of it, so that the rest is compiled once for builds with and without a GPU.
set_source_files_properties(${PROJECT_SOURCE_DIR}/autograd/backend/backend.cpp autograd/backend/backend.cpp PROPERTIES
                            COMPILE_DEFINITIONS ELBOW_CUDA=1 SKIP_UNITY_BUILD_INCLUSION ON)

if(ELBOW_CUDA STREQUAL emulated)
  find_package(Boost REQUIRED COMPONENTS context)
  list(FILTER cuda_kernels EXCLUDE REGEX "_card\\.cu$")
  file(GLOB emulator_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/autograd/backend/cuda/emulator/*.cpp)
  set_source_files_properties(${device_sources} ${cuda_kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++")
  add_library(elbow_device OBJECT ${device_sources} ${cuda_kernels} ${emulator_sources})
  target_compile_definitions(elbow_device PRIVATE ELBOW_DEVICE_SOURCE=1)
  target_compile_options(elbow_device PRIVATE -Wno-unknown-pragmas)
  target_include_directories(elbow_device PRIVATE ${PROJECT_SOURCE_DIR} ${ELBOW_GENERATED_DIR})
  target_link_libraries(elbow_device PRIVATE Threads::Threads Boost::context elbow_flags elbow_light_flags)
  target_link_libraries(elbow PRIVATE $<LINK_ONLY:Boost::context>)
  target_sources(elbow PRIVATE $<TARGET_OBJECTS:elbow_device>)
  return()
endif()

find_program(NVCC nvcc HINTS ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
if(NOT NVCC)
  message(FATAL_ERROR "CUDA=1 needs nvcc: install the CUDA toolkit, or put its bin folder on PATH")
endif()
get_filename_component(cuda_home ${NVCC}/../.. REALPATH)
find_library(ELBOW_CUDART NAMES cudart_static HINTS ${cuda_home}/lib64 ${cuda_home}/targets/x86_64-linux/lib REQUIRED)
set(ELBOW_CUDA_ARCHS "80;90" CACHE STRING "What nvcc compiles machine code for; PTX of the last, for later GPUs")
set(archs "")
foreach(arch ${ELBOW_CUDA_ARCHS})
  list(APPEND archs -gencode=arch=compute_${arch},code=sm_${arch})
  set(last_arch ${arch})
endforeach()
list(APPEND archs -gencode=arch=compute_${last_arch},code=compute_${last_arch})
set(objects "")
foreach(source ${device_sources} ${cuda_kernels})
  get_filename_component(name ${source} NAME)
  set(object ${ELBOW_GENERATED_DIR}/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${nvcc_launcher} ${NVCC} -std=c++20 -O3 ${archs} --extended-lambda --expt-relaxed-constexpr -ccbin ${CMAKE_CXX_COMPILER}
            -Werror all-warnings -Xcompiler=-fPIC,-O1 -DELBOW_DEVICE_SOURCE=1 -I${PROJECT_SOURCE_DIR} -I${ELBOW_GENERATED_DIR}
            -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d COMMENT "nvcc ${name}" VERBATIM)
  list(APPEND objects ${object})
endforeach()
set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
target_sources(elbow PRIVATE ${objects})
target_link_libraries(elbow PUBLIC ${ELBOW_CUDART} ${CMAKE_DL_LIBS} rt)

# The checks of gpu-check (scripts/gpu_check.sh).
add_executable(device_checks EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/device_main.cpp ${PROJECT_SOURCE_DIR}/tests/device_checks.cpp
               ${PROJECT_SOURCE_DIR}/tests/device_masks.cpp)
target_link_libraries(device_checks PRIVATE elbow elbow_private elbow_flags)
target_include_directories(device_checks PRIVATE ${PROJECT_SOURCE_DIR})

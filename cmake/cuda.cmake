# `make CUDA=1`: compiles the formulas of all element-wise ops for the GPU, so that an op file that nvcc does not take
# is found before there is a backend that runs it. nvcc sees no xsimd. No GPU is needed; `--device cuda` is still
# refused.
find_program(NVCC nvcc HINTS ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
if(NOT NVCC)
  message(FATAL_ERROR "CUDA=1 needs nvcc: install the CUDA toolkit, or put its bin folder on PATH")
endif()
set(ELBOW_CUDA_ARCH sm_80 CACHE STRING "What nvcc compiles for (machine code, and PTX for later GPUs)")

# One source file that holds all op files, and in which ELBOW_OP makes the kernels of an element-wise op.
set(cuda_source ${ELBOW_GENERATED_DIR}/elementwise_ops.cu)
set(cuda_object ${ELBOW_GENERATED_DIR}/elementwise_ops.cu.o)
set(includes "")
foreach(file ${op_files})
  string(APPEND includes "#include \"${file}\"\n")
endforeach()
file(CONFIGURE OUTPUT ${cuda_source} @ONLY CONTENT "// Written by the build (cmake/cuda.cmake).
#include \"autograd/backend/cuda/elementwise.cuh\"
${includes}")

add_custom_command(OUTPUT ${cuda_object}
  COMMAND ${NVCC} -std=c++20 -O2 -arch=${ELBOW_CUDA_ARCH} -ccbin ${CMAKE_CXX_COMPILER} -Xcompiler=-fPIC,-Wall
          -I${PROJECT_SOURCE_DIR} -I${ELBOW_GENERATED_DIR} -MD -MF ${cuda_object}.d -c ${cuda_source} -o ${cuda_object}
  DEPENDS ${cuda_source} DEPFILE ${cuda_object}.d
  COMMENT "Compiling the element-wise ops with nvcc" VERBATIM)
add_library(elbow_cuda_ops OBJECT ${cuda_object})
set_target_properties(elbow_cuda_ops PROPERTIES LINKER_LANGUAGE CXX)
set_source_files_properties(${cuda_object} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
if(TARGET elbow)
  add_dependencies(elbow elbow_cuda_ops)  # so that whatever is built, these have been compiled
endif()

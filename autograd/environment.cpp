#include "autograd/environment.hpp"

#include "autograd/kernels/gemm/gemm.hpp"

namespace elbow {

void check_environment() { gemm_backend(); }

}  // namespace elbow

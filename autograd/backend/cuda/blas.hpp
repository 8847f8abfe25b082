#pragma once
#include "autograd/backend/cuda/gemm.hpp"

// Large products by cuBLAS, where the machine has it: cublas_card.cu. For the emulated card: emulator/blas.cpp.
namespace elbow::cuda {

/// Enqueues the product; false, with nothing done, where the library is missing or does not take it. It takes one product, of
/// all models that are trained together.
bool blas_product(const Product<float>& product);
bool blas_product(const Product<double>& product);

}  // namespace elbow::cuda

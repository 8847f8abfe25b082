#pragma once
#include "autograd/backend/cuda/gemm.hpp"

// Large products by cuBLAS, where the machine has it: cublas_card.cu. For the emulated card: emulator/blas.cpp.
namespace elbow::cuda {

/// From so many multiplications on cuBLAS is faster than our tiles: below, all that counts is how long a launch takes.
inline constexpr int64_t blas_from = int64_t{1} << 27;

/// Whether the library was found.
bool blas_is_there();

/// Enqueues the product; false, with nothing done, where the library is missing or does not take it. It takes one product, of
/// all models that are trained together.
bool blas_product(const Product<float>& product);
bool blas_product(const Product<double>& product);

}  // namespace elbow::cuda

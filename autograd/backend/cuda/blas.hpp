#pragma once
#include "autograd/backend/cuda/gemm.hpp"

// Large products by cuBLAS, where the machine has it: cublas_card.cu. For the emulated card: emulator/blas.cpp.
namespace elbow::cuda {

/// Whether m x n sums of k products are so many that cuBLAS is faster than our tiles: below, all that counts is how long a launch
/// takes.
inline bool is_for_blas(int64_t m, int64_t n, int64_t k) { return double(m) * double(n) * double(k) >= 0x1p27; }

/// Whether the library was found.
bool blas_is_there();

/// Enqueues the product; false, with nothing done, where the library is missing or does not take it. It takes one product, of
/// all models that are trained together.
bool blas_product(const Product<float>& product);
bool blas_product(const Product<double>& product);

}  // namespace elbow::cuda

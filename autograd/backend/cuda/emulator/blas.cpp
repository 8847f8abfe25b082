// Stands in for cuBLAS on the emulated card: it takes the products that cublas_card.cu takes, by plain loops.
#include "autograd/backend/cuda/blas.hpp"

namespace elbow::cuda {
namespace {

template <class T> bool emulated_product(const Product<T>& p) {
  if (p.count != 1) return false;
  const auto a = p.a, b = p.b, bias = p.bias;  // op(a) [m, k], op(b) [k, n], [n] or null
  const auto c = p.c;                          // [m, n]
  const int64_t n = p.n, k = p.k, ldc = p.ldc;
  const int64_t a_row = p.ta == Trans::no ? p.lda : 1, a_column = p.ta == Trans::no ? 1 : p.lda;
  const int64_t b_row = p.tb == Trans::no ? p.ldb : 1, b_column = p.tb == Trans::no ? 1 : p.ldb;
  const bool add = p.add, relu = p.relu;
  for_each(p.m * n, [=](int64_t element) {
    const int64_t i = element / n, j = element % n;
    T sum = bias ? bias[j] : T(0);
    for (int64_t l = 0; l < k; ++l) sum += a[i * a_row + l * a_column] * b[l * b_row + j * b_column];
    if (add) sum += c[i * ldc + j];
    c[i * ldc + j] = relu && sum < T(0) ? T(0) : sum;
  });
  return true;
}

}  // namespace

bool blas_is_there() { return true; }
bool blas_product(const Product<float>& p) { return emulated_product(p); }
bool blas_product(const Product<double>& p) { return emulated_product(p); }

}  // namespace elbow::cuda

#if __has_include(<openblas-openmp/cblas.h>)
#include <openblas-openmp/cblas.h>  // Debian: the OpenMP build, whichever build is the system's default
#else
#include <cblas.h>
#endif
#include <omp.h>

#include <algorithm>
#include <limits>

#include "autograd/error.hpp"
#include "autograd/gemm/gemm.hpp"

namespace elbow {
namespace {

void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, const GemmArgs<float>& g) {
  cblas_sgemm(CblasRowMajor, ta, tb, int(g.m), int(g.n), int(g.k), 1.0F, g.a, int(g.lda), g.b, int(g.ldb),
              g.accumulate ? 1.0F : 0.0F, g.c, int(g.ldc));
}

void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, const GemmArgs<double>& g) {
  cblas_dgemm(CblasRowMajor, ta, tb, int(g.m), int(g.n), int(g.k), 1.0, g.a, int(g.lda), g.b, int(g.ldb),
              g.accumulate ? 1.0 : 0.0, g.c, int(g.ldc));
}

}  // namespace

template <class T> void gemm_openblas(const GemmArgs<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  const int64_t largest = std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc});
  if (largest > std::numeric_limits<int>::max())
    fail("gemm", "[", g.m, ",", g.k, "] x [", g.k, ",", g.n,
         "] is too large for OpenBLAS; use ELBOW_GEMM=simd");
  if (g.k > 0) {
    call(g.ta == Trans::yes ? CblasTrans : CblasNoTrans, g.tb == Trans::yes ? CblasTrans : CblasNoTrans, g);
  } else if (!g.accumulate) {  // OpenBLAS rejects the leading dimension 0 that an empty matrix may have
    for (int64_t i = 0; i < g.m; ++i) std::fill_n(g.c + i * g.ldc, g.n, T(0));
  }
  if (!g.bias && g.activation == Activation::none) return;
  for (int64_t i = 0; i < g.m; ++i) {
    T* const row = g.c + i * g.ldc;  // [n]
    if (g.bias)
      for (int64_t j = 0; j < g.n; ++j) row[j] += g.bias[j];
    if (g.activation == Activation::relu)
      for (int64_t j = 0; j < g.n; ++j) row[j] = row[j] < T(0) ? T(0) : row[j];
  }
}

template void gemm_openblas(const GemmArgs<float>&);
template void gemm_openblas(const GemmArgs<double>&);

const char* openblas_core() { return openblas_get_corename(); }
const char* openblas_config() { return openblas_get_config(); }

}  // namespace elbow

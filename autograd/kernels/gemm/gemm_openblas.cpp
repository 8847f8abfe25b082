#include <algorithm>
#include <limits>

#include "autograd/kernels/gemm/gemm.hpp"
#include "base/blas.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

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

// A block of C by one call.
template <class T> void product(const GemmArgs<T>& g) {
  if (g.k > 0) {
    const OneBlasThread one_thread;
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

template <class T> GemmArgs<T> rows_of(GemmArgs<T> g, int64_t begin, int64_t end) {
  g.m = end - begin;
  g.a += g.ta == Trans::yes ? begin : begin * g.lda;
  g.c += begin * g.ldc;
  return g;
}
template <class T> GemmArgs<T> columns_of(GemmArgs<T> g, int64_t begin, int64_t end) {
  g.n = end - begin;
  g.b += g.tb == Trans::yes ? begin * g.ldb : begin;
  g.c += begin;
  if (g.bias) g.bias += begin;
  return g;
}

}  // namespace

// A large product is cut along the longer side of C, at places that depend on the shape alone: so do the bits.
template <class T> void gemm_openblas(const GemmArgs<T>& g) {
  if (g.m == 0 || g.n == 0) return;
  const int64_t largest = std::max({g.m, g.n, g.k, g.lda, g.ldb, g.ldc});
  if (largest > std::numeric_limits<int>::max())
    fail("gemm", "[", g.m, ",", g.k, "] x [", g.k, ",", g.n,
         "] is too large for OpenBLAS; use ELBOW_GEMM=simd");
  constexpr int64_t parts = 16, step = 16;
  if (g.m * g.n * g.k < gemm_parallel_from) return product(g);
  const int64_t side = std::max(g.m, g.n), grain = ((side + parts - 1) / parts + step - 1) / step * step;
  const auto part = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += grain) {  // one thread gets all blocks as one range
      const int64_t to = std::min(i + grain, end);
      product(g.m >= g.n ? rows_of(g, i, to) : columns_of(g, i, to));
    }
  };
  parallel_ranges(side, grain, RangeWork(part));
}

template void gemm_openblas(const GemmArgs<float>&);
template void gemm_openblas(const GemmArgs<double>&);

const char* openblas_core() { return openblas_get_corename(); }
const char* openblas_config() { return openblas_get_config(); }

}  // namespace elbow

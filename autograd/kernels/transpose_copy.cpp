#include "autograd/kernels/transpose_copy.hpp"

#include <algorithm>

#include "autograd/kernels/gemm/transpose.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

/// f(first) for blocks of W indices that cover [0, n), n >= W: the last one may overlap the one before it.
template <int64_t W, class F> void in_blocks(int64_t n, F f) {
  for (int64_t i = 0; i + W <= n; i += W) f(i);
  if (n % W) f(n - W);
}

}  // namespace

template <class T>
void transpose_copy(int64_t rows, int64_t columns, const T* from, int64_t ld_from, T* to, int64_t ld_to) {
  using V = xsimd::batch<T>;
  constexpr auto W = int64_t(V::size);
  if (rows == 1 || columns == 1 || rows < W || columns < W) {
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = 0; i < rows; ++i) to[j * ld_to + i] = from[i * ld_from + j];
    return;
  }
  // Strips along the longer side, one task each; the last task also does the rest that does not fill a strip.
  const bool wide = columns >= rows;
  const int64_t length = wide ? columns : rows, strips = length / W;
  const auto strip = [&](int64_t first) {
    in_blocks<W>(wide ? rows : columns, [&](int64_t other) {
      const int64_t i = wide ? other : first, j = wide ? first : other;
      simd::transpose_block<V>(from + i * ld_from + j, ld_from, to + j * ld_to + i, ld_to,
                               xsimd::unaligned_mode{});
    });
  };
  parallel_for(strips, rows * columns, [&](int64_t s) {
    strip(s * W);
    if (s == strips - 1 && length % W) strip(length - W);
  });
}

template void transpose_copy(int64_t, int64_t, const float*, int64_t, float*, int64_t);
template void transpose_copy(int64_t, int64_t, const double*, int64_t, double*, int64_t);

}  // namespace elbow

// g++ 12 takes the deliberately undefined operand inside its own permute intrinsics for a mistake of ours.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include "autograd/kernels/gemm/narrow.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

/// Splits C into a grid of blocks, rows by panels, one for each thread, and runs them. The grid depends on the
/// number of threads; the bits do not, because every entry of C is summed in the same order in any block.
template <class V>
void gemm_parallel(const GemmArgs<typename V::value_type>& g, const simd::Panels<V>& panels) {
  const int64_t parts = num_threads();
  constexpr int64_t rows = 8;  // rows are handed out in strips of 8
  const int64_t strips = (g.m + rows - 1) / rows;
  // Of all grids, the one whose largest block is smallest; of equals, the one that packs B least often.
  int64_t grid_rows = 1, best = INT64_MAX;
  for (int64_t r = 1; r <= parts; ++r) {
    const int64_t cols = parts / r;
    const int64_t cost = ((strips + r - 1) / r) * ((panels.count() + cols - 1) / cols);
    if (cost < best) best = cost, grid_rows = r;
  }
  const int64_t grid_cols = parts / grid_rows;
  parallel_tasks(grid_rows * grid_cols, [&](int64_t i) {
    const int64_t r = i / grid_cols, c = i % grid_cols;
    const simd::Part part{std::min(g.m, strips * r / grid_rows * rows),
                          std::min(g.m, strips * (r + 1) / grid_rows * rows), panels.count() * c / grid_cols,
                          panels.count() * (c + 1) / grid_cols};
    if (part.i0 < part.i1 && part.p0 < part.p1) simd::gemm_part<V>(g, panels, part);
  });
}

/// Calls part(begin, end) for contiguous strips of [0, count), some to a thread; strips are whole multiples of
/// `step`.
template <class F> void in_strips(bool parallel, int64_t count, int64_t step, const F& part) {
  if (!parallel) return part(int64_t(0), count);
  const int64_t strips = int64_t{4} * num_threads(), steps = (count + step - 1) / step;
  parallel_ranges(count, (steps + strips - 1) / strips * step, RangeWork(part));
}

template <class V> void gemm_tiles(const GemmArgs<typename V::value_type>& g, bool parallel) {
  const simd::Panels<V> panels(g.m, g.n);
  if (parallel)
    gemm_parallel<V>(g, panels);
  else
    simd::gemm_part<V>(g, panels, {0, g.m, 0, panels.count()});
}

template <class V> void gemm_dot(const GemmArgs<typename V::value_type>& g, bool parallel) {
  const auto dot = simd::dot_for_shape<V>(g.m, g.n);
  const auto t = g.tb == Trans::yes ? g : simd::with_b_transposed<V>(g);
  if (g.m >= g.n)
    in_strips(parallel, g.m, 16, [&](int64_t i0, int64_t i1) { dot(t, i0, i1, 0, t.n); });
  else
    in_strips(parallel, g.n, 16, [&](int64_t j0, int64_t j1) { dot(t, 0, t.m, j0, j1); });
}

}  // namespace

template <class T> void gemm_simd(const GemmArgs<T>& g) {
  using V = xsimd::batch<T>;
  if (g.m == 0 || g.n == 0) return;
  const bool parallel = g.m * g.n * g.k >= gemm_parallel_from && num_threads() > 1 && !in_parallel();
  if (simd::wants_dot<V>(g)) return gemm_dot<V>(g, parallel);
  if (simd::wants_strips<V>(g)) {
    const auto strips = simd::strips_of<V>(g.n);
    return in_strips(parallel, g.m, 16, [&](int64_t i0, int64_t i1) { strips(g, i0, i1); });
  }
  if constexpr (!std::is_void_v<simd::HalfVector<V>>)
    if (simd::wants_half<V>(g)) return gemm_tiles<simd::HalfVector<V>>(g, parallel);
  gemm_tiles<V>(g, parallel);
}

template void gemm_simd(const GemmArgs<float>&);
template void gemm_simd(const GemmArgs<double>&);

const char* gemm_isa() { return xsimd::default_arch::name(); }

}  // namespace elbow

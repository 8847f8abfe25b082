#pragma once
// A formula of matrices and of what is the same for all their rows, such as the statistics of columns.
#include "autograd/kernels/column_sums.hpp"

namespace elbow::simd {

/// y[r, i] = f(x0, x1, ...) at row r < rows and column i < n, or += when `add`. f takes a vector of each factor x: OfRows,
/// which changes from row to row, or OfColumns. y may be one of the x.
template <class T, class F, class... X>
void map_rows(int64_t rows, int64_t n, T* y, bool add, F f, const X&... x);

#if !ELBOW_DEVICE_SOURCE

namespace detail {
// A factor at columns i, i + 1, ... of row r and those after it, of which `rest` are left: loaded for each row, or once.
template <class T> struct RowLane {
  const T* p;
  int64_t n, rest;
  Vec<T> at(int64_t r) const {
    return rest >= width<T> ? Vec<T>::load_unaligned(p + r * n) : load_some(p + r * n, rest);
  }
};
template <class T> struct ColumnLane {
  Vec<T> v;
  Vec<T> at(int64_t) const { return v; }
};
template <class T> RowLane<T> lane(const OfRows<T>& x, int64_t r, int64_t n, int64_t i, int64_t rest) {
  return {x.at(r, n, i), n, rest};
}
template <class T> ColumnLane<T> lane(const OfColumns<T>& x, int64_t r, int64_t n, int64_t i, int64_t rest) {
  return {RowLane<T>{x.at(r, n, i), 0, rest}.at(0)};
}

template <int R, class T, class F, class... L>
inline void rows_at(int64_t n, T* y, bool add, int64_t rest, F f, const L&... x) {
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r, y += n) {
    Vec<T> v = f(x.at(r)...);
    if (add) v = RowLane<T>{y, 0, rest}.at(0) + v;
    if (rest >= width<T>) {
      v.store_unaligned(y);
    } else {
      alignas(64) std::array<T, size_t(width<T>)> lanes;
      v.store_aligned(lanes.data());
      std::copy_n(lanes.data(), rest, y);
    }
  }
}
}  // namespace detail

// Four rows at a time, so that what is the same for all rows is loaded for each fourth only: half of the time of a map of
// each row where f has four such factors.
template <class T, class F, class... X>
inline void map_rows(int64_t rows, int64_t n, T* y, bool add, F f, const X&... x) {
  constexpr int64_t W = width<T>;
  constexpr int R = 4;
  int64_t r = 0;
  for (; r + R <= rows; r += R) {
    int64_t i = 0;  // full vectors in a loop of their own: `rest` is then a constant
    for (; i + W <= n; i += W) detail::rows_at<R>(n, y + r * n + i, add, W, f, detail::lane(x, r, n, i, W)...);
    if (i < n) detail::rows_at<R>(n, y + r * n + i, add, n - i, f, detail::lane(x, r, n, i, n - i)...);
  }
  for (; r < rows; ++r)
    for (int64_t i = 0; i < n; i += W)
      detail::rows_at<1>(n, y + r * n + i, add, n - i, f, detail::lane(x, r, n, i, n - i)...);
}

#endif

}  // namespace elbow::simd

#pragma once
// Sums over the rows of matrices, column by column, for statistics of batches and the gradients of biases.
#include <array>
#include <utility>

#include "autograd/kernels/simd.hpp"

namespace elbow::simd {

/// A factor of column_sums that changes from row to row, [rows, n], or is the same for all, [n].
template <class T> struct OfRows {
  const T* p;
  const T* at(int64_t r, int64_t n, int64_t i) const { return p + r * n + i; }
};
template <class T> struct OfColumns {
  const T* p;
  const T* at(int64_t, int64_t, int64_t i) const { return p + i; }
};

template <class T> OfRows(const T*) -> OfRows<T>;
template <class T> OfColumns(const T*) -> OfColumns<T>;

/// sums[k][i] = the sum over r < rows of f(x0, x1, ...)[k] at row r and column i < n, one row after the other, or += when `add`.
/// f takes a vector of each factor x (OfRows or OfColumns) and gives an array of K vectors.
template <class T, size_t K, class F, class... X>
void column_sums(int64_t rows, int64_t n, const std::array<T*, K>& sums, bool add, F f, const X&... x);

#if !ELBOW_DEVICE_SOURCE

namespace detail {
// Columns i to i + B W (or, for B = 1, the `rest` that are left) of column_sums: the sums stay in registers.
template <int B, class T, size_t K, class F, class... X>
inline void column_block(int64_t rows, int64_t n, int64_t i, int64_t rest, const std::array<T*, K>& sums,
                         bool add, F f, const X&... x) {
  constexpr int64_t W = width<T>;
  std::array<std::array<Vec<T>, B>, K> acc;
  for (size_t k = 0; k < K; ++k)
    for (int b = 0; b < B; ++b) {
      const T* const before = sums[k] + i + b * W;
      acc[k][b] = !add ? Vec<T>(T(0)) : rest >= W ? Vec<T>::load_unaligned(before) : load_some(before, rest);
    }
  for (int64_t r = 0; r < rows; ++r)
#pragma GCC unroll 8
    for (int b = 0; b < B; ++b) {
      const std::array<Vec<T>, K> terms = rest >= W ? f(Vec<T>::load_unaligned(x.at(r, n, i + b * W))...)
                                                    : f(load_some(x.at(r, n, i), rest)...);
#pragma GCC unroll 4
      for (size_t k = 0; k < K; ++k) acc[k][b] = acc[k][b] + terms[k];
    }
  for (size_t k = 0; k < K; ++k)
    for (int b = 0; b < B; ++b) {
      alignas(64) std::array<T, size_t(W)> lanes;
      acc[k][b].store_aligned(lanes.data());
      std::copy_n(lanes.data(), std::min(W, rest), sums[k] + i + b * W);
    }
}
}  // namespace detail

template <class T, size_t K, class F, class... X>
inline void column_sums(int64_t rows, int64_t n, const std::array<T*, K>& sums, bool add, F f, const X&... x) {
  constexpr int64_t W = width<T>;
  constexpr int B = 4;  // that many additions are under way at once for each sum
  int64_t i = 0;
  for (; i + B * W <= n; i += B * W) detail::column_block<B>(rows, n, i, W, sums, add, f, x...);
  for (; i < n; i += W) detail::column_block<1>(rows, n, i, n - i, sums, add, f, x...);
}

#endif

}  // namespace elbow::simd

#pragma once
#include <cstdint>

// The SIMD vocabulary of kernels. Only files that hold kernels include it, and pay for xsimd; nvcc sees declarations.
#if !defined(__CUDACC__)
#include <algorithm>
#include <array>
#include <xsimd/xsimd.hpp>
#endif

namespace elbow::simd {

#if !defined(__CUDACC__)
/// As many numbers as one register holds.
template <class T> using Vec = xsimd::batch<T>;
template <class T> inline constexpr int64_t width = int64_t(Vec<T>::size);
#else
template <class T> struct Vec;
#endif

/// y[i] = f(x0[i], x1[i], ...), or y[i] += ... when `add`, for i < n. f is generic over the vector type. The
/// last few elements go through a padded register, so an element's bits do not depend on where it lies. y may
/// be one of the x.
template <class T, class F, class... X> void map(int64_t n, T* y, bool add, F f, const X*... x);

/// The sum of f(x0[i], x1[i], ...) over i < n, always added up in the same order.
template <class T, class F, class... X> T sum_of(int64_t n, F f, const X*... x);

/// The largest of x[n]; NaN when there is one; n > 0.
template <class T> T max_of(int64_t n, const T* x);

#if !defined(__CUDACC__)

namespace detail {
// W elements from p, or the `rest` that are left of them, followed by copies of the first (harmless in any
// formula).
template <class T> Vec<T> load_some(const T* p, int64_t rest) {
  alignas(64) std::array<T, size_t(width<T>)> lanes;
  std::fill(std::copy_n(p, rest, lanes.begin()), lanes.end(), p[0]);
  return Vec<T>::load_aligned(lanes.data());
}
}  // namespace detail

template <class T, class F, class... X> inline void map(int64_t n, T* y, bool add, F f, const X*... x) {
  constexpr int64_t W = width<T>;
  int64_t i = 0;
  if (add) {
    for (; i + W <= n; i += W)
      (Vec<T>::load_unaligned(y + i) + f(Vec<T>::load_unaligned(x + i)...)).store_unaligned(y + i);
  } else {
    for (; i + W <= n; i += W) f(Vec<T>::load_unaligned(x + i)...).store_unaligned(y + i);
  }
  if (i == n) return;
  alignas(64) std::array<T, size_t(W)> lanes;
  Vec<T> v = f(detail::load_some(x + i, n - i)...);
  if (add) v = detail::load_some(y + i, n - i) + v;
  v.store_aligned(lanes.data());
  std::copy_n(lanes.data(), n - i, y + i);
}

template <class T, class F, class... X> inline T sum_of(int64_t n, F f, const X*... x) {
  constexpr int64_t W = width<T>, block = 4096;
  if (n > block) {  // blocks are added up in double, so that a long sum loses nothing to rounding
    double total = 0;
    for (int64_t first = 0; first < n; first += block)
      total += sum_of<T>(std::min(block, n - first), f, (x + first)...);
    return T(total);
  }
  Vec<T> sum(T(0));
  int64_t i = 0;
  for (; i + W <= n; i += W) sum = sum + f(Vec<T>::load_unaligned(x + i)...);
  alignas(64) std::array<T, size_t(W)> lanes, tail{};
  sum.store_aligned(lanes.data());
  if (i < n) f(detail::load_some(x + i, n - i)...).store_aligned(tail.data());
  T total(0);
  for (int64_t k = 0; k < W; ++k) total += lanes[size_t(k)] + (k < n - i ? tail[size_t(k)] : T(0));
  return total;
}

template <class T> inline T max_of(int64_t n, const T* x) {
  constexpr int64_t W = width<T>;
  T best = x[0];
  const auto take = [&](T v) { best = v > best || v != v ? v : best; };
  int64_t i = 0;
  if (n >= 2 * W) {
    Vec<T> top = Vec<T>::load_unaligned(x);
    for (i = W; i + W <= n; i += W) {
      const Vec<T> v = Vec<T>::load_unaligned(x + i);
      top =
          select(v > top, v, select(v <= top, top, v + top));  // beside a NaN neither holds, and the sum is one
    }
    alignas(64) std::array<T, size_t(W)> lanes;
    top.store_aligned(lanes.data());
    for (T v : lanes) take(v);
  }
  for (; i < n; ++i) take(x[i]);
  return best;
}

#endif

}  // namespace elbow::simd

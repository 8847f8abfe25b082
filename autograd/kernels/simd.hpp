#pragma once
#include <cstdint>

// The SIMD vocabulary of kernels. Only files that hold kernels include it, and pay for xsimd; nvcc sees declarations.
#if !ELBOW_DEVICE_SOURCE
#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/kernels/xsimd.hpp"
#endif

namespace elbow::simd {

#if !ELBOW_DEVICE_SOURCE
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

/// The smallest of x[n]; NaN when there is one; n > 0.
template <class T> T min_of(int64_t n, const T* x);

#if !ELBOW_DEVICE_SOURCE

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

namespace detail {
// beats(a, b): whether a is to be preferred. Beside a NaN neither is, nor are they equal.
template <class T, class F> inline T best_of(int64_t n, const T* x, F beats) {
  constexpr int64_t W = width<T>;
  T best = x[0];
  const auto take = [&](T v) { best = beats(v, best) || v != v ? v : best; };
  int64_t i = 0;
  if (n >= 2 * W) {
    Vec<T> top = Vec<T>::load_unaligned(x);
    for (i = W; i + W <= n; i += W) {
      const Vec<T> v = Vec<T>::load_unaligned(x + i);
      const auto stays = beats(top, v) | (top == v);
      top = select(beats(v, top), v, select(stays, top, v + top));  // the sum with a NaN is one
    }
    alignas(64) std::array<T, size_t(W)> lanes;
    top.store_aligned(lanes.data());
    for (T v : lanes) take(v);
  }
  for (; i < n; ++i) take(x[i]);
  return best;
}
}  // namespace detail

template <class T> inline T max_of(int64_t n, const T* x) {
  return detail::best_of(n, x, [](auto a, auto b) { return a > b; });
}

template <class T> inline T min_of(int64_t n, const T* x) {
  return detail::best_of(n, x, [](auto a, auto b) { return a < b; });
}

#endif

}  // namespace elbow::simd

#if !ELBOW_DEVICE_SOURCE
namespace elbow::ops {

/// math.hpp's power, lane by lane: xsimd's own pow makes 0 of 0^0 and NaN of inf^0.
template <class T, class A>
xsimd::batch<T, A> power(const xsimd::batch<T, A>& x, const xsimd::batch<T, A>& exponent) {
  alignas(64) std::array<T, xsimd::batch<T, A>::size> base, e;
  x.store_aligned(base.data());
  exponent.store_aligned(e.data());
  for (size_t i = 0; i < base.size(); ++i) base[i] = std::pow(base[i], e[i]);
  return xsimd::batch<T, A>::load_aligned(base.data());
}

}  // namespace elbow::ops
#endif

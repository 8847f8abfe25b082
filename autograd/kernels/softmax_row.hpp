#pragma once
#include <cmath>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/simd.hpp"

// What the ops with a softmax in them do to one row of n > 0 numbers. Nothing overflows: the largest is taken away first.
namespace elbow::ops {

/// log(sum of e^x).
template <class T> T logsumexp_of(int64_t n, const T* x) {
  const T top = simd::max_of<T>(n, x);
  if (!std::isfinite(top)) return top;  // all -inf, or a +inf, or a NaN
  return top + std::log(simd::sum_of<T>(
                   n, [=](auto v) { return exp(v - decltype(v)(top)); }, x));
}

/// y = e^x / sum of e^x.
template <class T> void softmax_of(int64_t n, const T* x, T* y) {
  const T top = simd::max_of<T>(n, x);
  simd::map<T>(
      n, y, false, [=](auto v) { return exp(v - decltype(v)(top)); }, x);
  const T scale = T(1) / simd::sum_of<T>(
                             n, [](auto v) { return v; }, y);
  simd::map<T>(
      n, y, false, [=](auto v) { return v * decltype(v)(scale); }, y);
}

/// log(sum of e^x(k)) by the threads of a block on the GPU.
template <class T, class X> ELBOW_DEVICE T logsumexp_row(const cuda::Block& block, int64_t n, const X& x) {
  const T top = block.template max_of<T>(n, x);
  if (!std::isfinite(top)) return top;
  return top + log(block.template sum_of<T>(n, [&](int64_t k) { return exp(x(k) - top); }));
}

}  // namespace elbow::ops

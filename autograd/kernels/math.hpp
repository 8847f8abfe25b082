#pragma once
#include <cmath>
#include <limits>

// ELBOW_FN marks a function that runs on the GPU as well when nvcc compiles it, ELBOW_DEVICE one that runs only there.
#if defined(__CUDACC__)
#define ELBOW_FN __host__ __device__
#define ELBOW_DEVICE __device__
#else
#define ELBOW_FN
#define ELBOW_DEVICE
#endif

/// The vocabulary of element-wise ops. An op's formula is written once, over a value type V, and calls these
/// functions without a namespace: for float and double the ones below are found, for a SIMD batch xsimd's own.
/// Of the comparisons, formulas keep to <, <=, >, >= and ==, which are false when a NaN is on either side. The sixth,
/// !=, is true then for a float, but false for a batch of AVX (xsimd 8.1 compares "ordered and unequal").
namespace elbow::ops {

#define ELBOW_SCALAR_FUNCTION(name)                            \
  ELBOW_FN inline float name(float x) { return std::name(x); } \
  ELBOW_FN inline double name(double x) { return std::name(x); }
ELBOW_SCALAR_FUNCTION(abs)
ELBOW_SCALAR_FUNCTION(exp)
ELBOW_SCALAR_FUNCTION(log)
ELBOW_SCALAR_FUNCTION(log1p)
ELBOW_SCALAR_FUNCTION(expm1)
ELBOW_SCALAR_FUNCTION(sqrt)
ELBOW_SCALAR_FUNCTION(tanh)
ELBOW_SCALAR_FUNCTION(sin)
ELBOW_SCALAR_FUNCTION(cos)
ELBOW_SCALAR_FUNCTION(erf)
#undef ELBOW_SCALAR_FUNCTION

/// x^exponent.
ELBOW_FN inline float power(float x, float exponent) { return std::pow(x, exponent); }
ELBOW_FN inline double power(double x, double exponent) { return std::pow(x, exponent); }

/// condition ? a : b, lane by lane.
template <class V> ELBOW_FN inline V select(bool condition, V a, V b) { return condition ? a : b; }

/// 1 / (1 + e^-x) without overflow: the exponential is taken of -|x| only.
template <class V> ELBOW_FN inline V logistic(V x) {
  const V e = exp(-abs(x));  // in (0, 1]
  return select(x < V(0), e, V(1)) / (V(1) + e);
}

/// log(1 + e^x) without overflow and without losing small results; NaN stays NaN.
template <class V> ELBOW_FN inline V log1p_exp(V x) { return select(x < V(0), V(0), x) + log1p(exp(-abs(x))); }

}  // namespace elbow::ops

#pragma once
// Normal numbers from random bits (Box & Muller 1958), by one formula on the CPU and on the GPU: plain arithmetic, which the compiler
// turns into vectors. Logarithm, sine and cosine are power series, because their arguments are known to be small.
#include <bit>
#include <cstdint>

#include "autograd/kernels/math.hpp"

namespace elbow::ops {

/// n!
constexpr double factorial(int n) { return n < 2 ? 1 : n * factorial(n - 1); }

/// The sum of z^(j - first) / divisor(j) over first <= j < terms, by Horner's rule.
template <class T, int terms, int first = 0, class F> ELBOW_FN inline T power_series(T z, F divisor) {
  constexpr double factor = 1 / F{}(first);
  if constexpr (first + 1 == terms)
    return T(factor);
  else
    return power_series<T, terms, first + 1>(z, divisor) * z + T(factor);
}

/// -2 ln u with u = (k + 1/2) / 2^31, where k is the upper 31 bits of `word`. u is rounded to a float for every T: finest near 0, where the
/// tail is, and never 0; where it rounds to 1 the result is 0.
template <class T> ELBOW_FN inline T minus_twice_log(uint32_t word) {
  constexpr int terms = sizeof(T) == 4 ? 5 : 11;
  constexpr uint32_t root_half = 0x3F3504F3;  // the bits of sqrt(1/2)
  const float u = (float(int32_t(word >> 1)) + 0.5f) * 0x1p-31f;
  // u = m 2^e with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with |s| < 0.172
  const auto bits = std::bit_cast<uint32_t>(u);
  const int32_t e = int32_t(bits - root_half) >> 23;
  const T m = T(std::bit_cast<float>(bits - (uint32_t(e) << 23)));
  const T s = (m - T(1)) / (m + T(1));
  const T series = power_series<T, terms>(s * s, [](int j) { return 2 * j + 1.0; });
  return T(e) * T(-2 * 0.693147180559945309) - T(4) * s * series;
}

/// The cosine and the sine of the angle pi k / 2^23, where k in [-2^23, 2^23) is the upper 24 bits of `word`.
template <class T> ELBOW_FN inline void cosine_and_sine(uint32_t word, T& cosine, T& sine) {
  constexpr int terms = sizeof(T) == 4 ? 6 : 10;
  // `quarter` quarter turns, and what is left of the angle, in [-pi/4, pi/4)
  const int32_t k = int32_t(word) >> 8, quarter = (k + (1 << 21)) >> 22;
  const T angle = T(k - quarter * (1 << 22)) * T(3.14159265358979323846 * 0x1p-23), z = -angle * angle;
  const T c = power_series<T, terms>(z, [](int j) { return factorial(2 * j); });
  const T s = angle * power_series<T, terms - 1>(z, [](int j) { return factorial(2 * j + 1); });
  const T x = quarter & 1 ? s : c, y = quarter & 1 ? c : s;
  cosine = (quarter + 1) & 2 ? -x : x;
  sine = quarter & 2 ? -y : y;
}

}  // namespace elbow::ops

#pragma once
#include "autograd/kernels/math.hpp"

/// The gamma function's logarithm in pieces, for formulas over any value type V: Stirling's series, which is exact to double
/// precision from 8 on, and the step up to there, Gamma(x + 8) = x (x + 1) ... (x + 7) Gamma(x). For x > 0. (Abramowitz & Stegun
/// 1964, 6.1.40, 6.1.15 and 6.3.18.)
namespace elbow::ops {

/// x, or x + 8 below 8: where Stirling's series is used.
template <class V> ELBOW_FN inline V raised(V x) { return select(x < V(8), x + V(8), x); }

/// log Gamma(raised(x)) - log Gamma(x).
template <class V> ELBOW_FN inline V raising(V x) {
  const V low = select(x < V(8), x, V(1));  // of larger ones the product would overflow
  const V product = low * (low + V(1)) * (low + V(2)) * (low + V(3)) * (low + V(4)) * (low + V(5)) *
                    (low + V(6)) * (low + V(7));
  return select(x < V(8), log(product), V(0));
}

/// log Gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2), for x >= 8: the rest of Stirling's series.
template <class V> ELBOW_FN inline V stirling_rest(V x) {
  const V r = V(1) / x, s = r * r;
  return r *
         (V(1.0 / 12) -
          s * (V(1.0 / 360) -
               s * (V(1.0 / 1260) -
                    s * (V(1.0 / 1680) - s * (V(1.0 / 1188) - s * (V(691.0 / 360360) - s * V(1.0 / 156)))))));
}

/// The derivative of log Gamma(x).
template <class V> ELBOW_FN inline V digamma(V x) {
  const V low = select(x < V(8), x, V(1));
  const V steps = V(1) / low + V(1) / (low + V(1)) + V(1) / (low + V(2)) + V(1) / (low + V(3)) +
                  V(1) / (low + V(4)) + V(1) / (low + V(5)) + V(1) / (low + V(6)) + V(1) / (low + V(7));
  const V up = raised(x), r = V(1) / up, s = r * r;
  const V series =
      s * (V(1.0 / 12) -
           s * (V(1.0 / 120) -
                s * (V(1.0 / 252) -
                     s * (V(1.0 / 240) - s * (V(1.0 / 132) - s * (V(691.0 / 32760) - s * V(1.0 / 12)))))));
  return log(up) - V(0.5) * r - series - select(x < V(8), steps, V(0));
}

}  // namespace elbow::ops

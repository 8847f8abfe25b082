#pragma once

namespace elbow {

/// The loss and its two parts in nats per row: loss = distortion + beta * kl, row by row. T is a number, an Estimate, a
/// Tensor, or the values of many rows.
template <class T> struct LossTerms {
  T loss{}, distortion{}, kl{};

  /// f of each term.
  template <class F> auto map(F f) const { return LossTerms<decltype(f(loss))>{f(loss), f(distortion), f(kl)}; }
};

}  // namespace elbow

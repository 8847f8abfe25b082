#pragma once
#include "autograd/loss.hpp"

namespace elbow::ops {

struct SquaredError : PairLoss<SquaredError> {
  static constexpr auto name = "squared_error", doc = "(a - b)^2, reduced";
  template <class V> ELBOW_FN static V cost(V a, V b) { return (a - b) * (a - b); }
  template <class V> ELBOW_FN static V gradient(Index<0>, V a, V b) { return V(2) * (a - b); }
  template <class V> ELBOW_FN static V gradient(Index<1>, V a, V b) { return V(2) * (b - a); }
  static void samples(auto& s) { loss_samples(s, s.in({4, 3}), s.in({4, 3})); }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor squared_error(const Tensor& a, const Tensor& b, Reduction reduction = Reduction::mean) {
  ops::SquaredError op;
  op.reduction = reduction;
  return ops::apply(op, a, b);
}
}  // namespace elbow

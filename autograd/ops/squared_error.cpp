#include "autograd/kernels/loss.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// (a - b)^2 of two tensors [rows, columns], reduced. Throws when the shapes differ.
Tensor squared_error(const Tensor& a, const Tensor& b, Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct SquaredError : PairLoss<SquaredError> {
  static constexpr auto name = "squared_error", doc = "(a - b)^2, reduced";
  template <class V> ELBOW_FN V value(V a, V b) const { return (a - b) * (a - b); }
  template <class V> ELBOW_FN Gradients<V, 2> slopes(V a, V b) const {
    return {V(2) * (a - b), V(2) * (b - a)};
  }
  double plain(double a, double b) const { return a * a - 2 * a * b + b * b; }
  static void samples(Samples<SquaredError>& s) { loss_samples(s, s.in({4, 3}), s.in({4, 3})); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::squared_error(const Tensor& a, const Tensor& b, Reduction reduction) {
  ops::SquaredError op;
  op.reduction = reduction;
  return ops::apply(op, a, b);
}
ELBOW_OP(squared_error, SquaredError)

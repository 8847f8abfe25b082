#include <cmath>

#include "autograd/kernels/loss.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// Binary cross-entropy in nats of targets in [0, 1] under the probabilities sigmoid(logits), both [rows, columns], reduced. Throws when the shapes differ.
Tensor bce_with_logits(const Tensor& logits, const Tensor& targets, Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct BceWithLogits : PairLoss<BceWithLogits> {
  static constexpr auto
      name = "bce_with_logits",
      doc = "binary cross-entropy in nats of a target in [0, 1] under the probability sigmoid(logit)";
  // -t log s(l) - (1-t) log(1 - s(l)) = log(1 + e^l) - t l, which needs no logarithm of a probability
  template <class V> ELBOW_FN V value(V logit, V target) const { return log1p_exp(logit) - target * logit; }
  template <class V> ELBOW_FN Gradients<V, 2> slopes(V logit, V target) const {
    return {logistic(logit) - target, -logit};
  }
  double plain(double logit, double target) const {
    const double p = 1 / (1 + std::exp(-logit));
    return -target * std::log(p) - (1 - target) * std::log(1 - p);
  }
  static void samples(Samples<BceWithLogits>& s) { loss_samples(s, s.in({4, 3}, -4, 4), s.in({4, 3}, 0, 1)); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::bce_with_logits(const Tensor& logits, const Tensor& targets, Reduction reduction) {
  ops::BceWithLogits op;
  op.reduction = reduction;
  return ops::apply(op, logits, targets);
}
ELBOW_OP(bce_with_logits, BceWithLogits)

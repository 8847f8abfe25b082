#pragma once
#include "autograd/loss.hpp"

namespace elbow::ops {

struct BceWithLogits : PairLoss<BceWithLogits> {
  static constexpr auto
      name = "bce_with_logits",
      doc = "binary cross-entropy in nats of a target in [0, 1] under the probability sigmoid(logit)";
  // -t log s(l) - (1-t) log(1 - s(l)) = log(1 + e^l) - t l, which needs no logarithm of a probability
  template <class V> ELBOW_FN static V cost(V logit, V target) { return log1p_exp(logit) - target * logit; }
  template <class V> ELBOW_FN static V gradient(Index<0>, V logit, V target) {
    return logistic(logit) - target;
  }
  template <class V> ELBOW_FN static V gradient(Index<1>, V logit, V /*target*/) { return -logit; }
  static void samples(auto& s) { loss_samples(s, s.in({4, 3}, -4, 4), s.in({4, 3}, 0, 1)); }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor bce_with_logits(const Tensor& logits, const Tensor& targets,
                              Reduction reduction = Reduction::mean) {
  ops::BceWithLogits op;
  op.reduction = reduction;
  return ops::apply(op, logits, targets);
}
}  // namespace elbow

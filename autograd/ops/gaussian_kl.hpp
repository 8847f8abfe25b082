#pragma once
#include "autograd/loss.hpp"

namespace elbow::ops {

struct GaussianKl : PairLoss<GaussianKl> {
  static constexpr auto
      name = "gaussian_kl",
      doc = "KL(N(mu, e^log_var) || N(0, 1)) in nats, column by column (Kingma & Welling 2014, app. B)";
  template <class V> ELBOW_FN static V cost(V mu, V log_var) {
    return V(0.5) * (mu * mu + (exp(log_var) - V(1) - log_var));
  }
  template <class V> ELBOW_FN static V gradient(Index<0>, V mu, V /*log_var*/) { return mu; }
  template <class V> ELBOW_FN static V gradient(Index<1>, V /*mu*/, V log_var) {
    return V(0.5) * (exp(log_var) - V(1));
  }
  static void samples(auto& s) { loss_samples(s, s.in({4, 3}), s.in({4, 3})); }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor gaussian_kl(const Tensor& mu, const Tensor& log_var, Reduction reduction = Reduction::mean) {
  ops::GaussianKl op;
  op.reduction = reduction;
  return ops::apply(op, mu, log_var);
}
}  // namespace elbow

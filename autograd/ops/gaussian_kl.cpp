#include <cmath>

#include "autograd/kernels/loss.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// KL(N(mu, e^log_var) || N(0, 1)) in nats, column by column, both [rows, columns] (Kingma & Welling 2014, app. B), reduced. Throws when the shapes differ.
Tensor gaussian_kl(const Tensor& mu, const Tensor& log_var, Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct GaussianKl : PairLoss<GaussianKl> {
  static constexpr auto
      name = "gaussian_kl",
      doc = "KL(N(mu, e^log_var) || N(0, 1)) in nats, column by column (Kingma & Welling 2014, app. B)";
  template <class V> ELBOW_FN V value(V mu, V log_var) const {
    return V(0.5) * (mu * mu + (exp(log_var) - V(1) - log_var));
  }
  template <class V> ELBOW_FN Gradients<V, 2> slopes(V mu, V log_var) const {
    return {mu, V(0.5) * (exp(log_var) - V(1))};
  }
  // log(1 / s) + (s^2 + mu^2) / 2 - 1 / 2, with the standard deviation s
  double plain(double mu, double log_var) const {
    const double s = std::sqrt(std::exp(log_var));
    return -std::log(s) + (s * s + mu * mu) / 2 - 0.5;
  }
  static void samples(Samples<GaussianKl>& s) { loss_samples(s, s.in({4, 3}), s.in({4, 3})); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::gaussian_kl(const Tensor& mu, const Tensor& log_var, Reduction reduction) {
  ops::GaussianKl op;
  op.reduction = reduction;
  return ops::apply(op, mu, log_var);
}
ELBOW_OP(gaussian_kl, GaussianKl)

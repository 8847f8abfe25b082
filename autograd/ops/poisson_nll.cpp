#include <cmath>
#include <numbers>

#include "autograd/kernels/gamma.hpp"
#include "autograd/kernels/loss.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// -log of the Poisson probability of counts, in nats, under the logarithms of their means, both [rows, columns], reduced. Throws when the shapes differ.
Tensor poisson_nll(const Tensor& log_means, const Tensor& counts, Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct PoissonNll : PairLoss<PoissonNll> {
  static constexpr auto
      name = "poisson_nll",
      doc = "-log of the Poisson probability of a count, in nats, under the logarithm of the mean";
  // e^l - n l + log n!. With Stirling's series for n! at m >= 8 and u = l - log m the large terms, e^l - m - n u, are small
  // wherever the mean is near the count, so that nothing cancels.
  template <class V> ELBOW_FN V value(V log_mean, V n) const {
    const V m = raised(n + V(1)), log_m = log(m), u = log_mean - log_m;
    const V raise = m - n - V(1);  // 0 or 8
    return m * expm1(u) - n * u + (raise + V(0.5)) * log_m + stirling_rest(m) +
           V(0.5 * std::log(2 * std::numbers::pi)) - raising(n + V(1));
  }
  template <class V> ELBOW_FN Gradients<V, 2> slopes(V log_mean, V n) const {
    return {exp(log_mean) - n, digamma(n + V(1)) - log_mean};
  }
  double plain(double log_mean, double n) const {
    return std::exp(log_mean) - n * log_mean + std::lgamma(n + 1);
  }
  static void samples(Samples<PoissonNll>& s) { loss_samples(s, s.in({4, 3}, -1, 3), s.in({4, 3}, 0, 20)); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::poisson_nll(const Tensor& log_means, const Tensor& counts, Reduction reduction) {
  ops::PoissonNll op;
  op.reduction = reduction;
  return ops::apply(op, log_means, counts);
}
ELBOW_OP(poisson_nll, PoissonNll)

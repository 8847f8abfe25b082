#include "cvae/latent.hpp"

#include "autograd/operators.hpp"

namespace elbow {

Tensor reparameterise(const DiagonalNormal& d, const Tensor& noise) {
  return d.is_standard() ? noise : d.mu + exp(0.5 * d.log_var) * noise;
}

// The KL does not change when z is shifted and scaled. In the coordinates (z - mu_p) / sd_p the prior is N(0, I).
Tensor kl_divergence(const DiagonalNormal& q, const DiagonalNormal& p, Reduction reduction) {
  if (p.is_standard()) return gaussian_kl(q.mu, q.log_var, reduction);
  return gaussian_kl((q.mu - p.mu) * exp(-0.5 * p.log_var), q.log_var - p.log_var, reduction);
}

}  // namespace elbow

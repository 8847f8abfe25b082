#pragma once
#include "autograd/kernels/loss.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// N(mu, e^log_var) for each row, independent over the latents: a posterior q(z | x, c) or a prior p(z | c). Without
/// tensors it is the standard normal N(0, I), which costs nothing to make and to compute with.
struct DiagonalNormal {
  Tensor mu, log_var;  ///< [rows, latents], or both undefined

  bool is_standard() const { return !mu; }
};

/// mu + e^(log_var / 2) * noise [rows, latents]: turns a draw from N(0, I) into one from the distribution (Kingma & Welling
/// 2014). Of the standard normal, the noise itself.
Tensor reparameterise(const DiagonalNormal& distribution, const Tensor& noise);

/// KL(q || p) in nats, column by column, reduced as gaussian_kl reduces it; q is not the standard normal.
Tensor kl_divergence(const DiagonalNormal& q, const DiagonalNormal& p, Reduction reduction);

}  // namespace elbow

#pragma once
#include "base/linear_algebra.hpp"

namespace elbow {

/// How well the latents separate the factors (Eastwood & Williams, "A framework for the quantitative evaluation of disentangled
/// representations", 2018), from 0 (not at all) to 1. NaN where it has no meaning.
struct Disentanglement {
  /// Whether each latent matters for one factor alone: 1 - H(shares of the factors in the latent's importance), the entropy to the
  /// base of the number of factors; averaged over the latents, weighted by their importance. NaN for a single factor.
  double disentanglement;
  /// Whether each factor is in one latent alone: 1 - H(shares of the latents in the factor's importance), the entropy to the base of
  /// the number of latents; averaged over the factors, weighted in the same way. NaN for a single latent.
  double completeness;
};

/// Both from importance [latents, factors] >= 0: how much each latent matters in predicting each factor. Both NaN where nothing matters.
Disentanglement disentanglement_of(const Matrix& importance);

}  // namespace elbow

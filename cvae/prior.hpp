#pragma once
#include <memory>

#include "autograd/kernels/loss.hpp"
#include "autograd/random.hpp"
#include "autograd/tensor.hpp"
#include "base/config.hpp"
#include "nn/module.hpp"

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

/// A prior p(z | c) with parameters, which are trained with the model's by the same loss.
class Prior : public Module {
 public:
  /// p(z | c) of each row, for c [rows, condition width].
  virtual DiagonalNormal operator()(const Tensor& c) = 0;
};

/// What a prior must fit.
struct PriorSizes {
  int64_t condition;  ///< columns of c
  int64_t latents;
};

/// The prior of a model that `prior` describes, {"kind": NAME, ...the settings of that kind}, a section within the section
/// `model`. Null for "standard", the default: N(0, I) has no parameters, and its section is left out of the resolved settings.
/// Error, naming the key, for an unknown kind or an impossible value.
std::unique_ptr<Prior> make_prior(const Config& model, const PriorSizes& sizes, RandomStream& initialisation);

/// p(z | c) = N(mu(c), e^log_var(c)), a fully connected net of the condition (Sohn et al. 2015, section 4): hidden layers, then
/// linear mu and log_var, which start at 0, so that training begins with the prior N(0, I). Settings: hidden (the widths of the
/// hidden layers), activation. Error where there is no condition: without one, encoder and decoder can express any such prior
/// by shifting and scaling z.
std::unique_ptr<Prior> make_learned_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation);

}  // namespace elbow

#pragma once
#include <array>
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
  /// [rows, latents, latents], or undefined: orthonormal rows. Then the distribution is independent not over the latents but
  /// along these axes, with the variances e^log_var; mu is still in the latents' coordinates. A posterior may have them.
  Tensor axes = {};

  bool is_standard() const { return !mu; }
  /// The distribution of each latent by itself: this one, unless it has axes.
  DiagonalNormal marginals() const;
  DiagonalNormal to(Device device) const;
};

/// mu + e^(log_var / 2) * noise [rows, latents]: turns a draw from N(0, I) into one from the distribution (Kingma & Welling
/// 2014). With axes, mu + the symmetric root of the covariance times the noise. Of the standard normal, the noise itself.
Tensor reparameterise(const DiagonalNormal& distribution, const Tensor& noise);

/// KL(q || p) in nats, column by column, reduced as gaussian_kl reduces it; q is not the standard normal, and p has no axes. If q has
/// axes, a column is the KL of that latent's marginal, and the total correlation of the latents is in the row alone.
Tensor kl_divergence(const DiagonalNormal& q, const DiagonalNormal& p, Reduction reduction);

/// log density of z [rows, latents] in nats: [rows].
Tensor log_density(const DiagonalNormal& distribution, const Tensor& z);

class DensityPrior;

/// p(z | c) for the rows of a batch.
struct ConditionedPrior {
  DiagonalNormal normal = {};           ///< the distribution, where it is a diagonal normal
  const DensityPrior* other = nullptr;  ///< else the prior that knows it, and
  std::array<Tensor, 3> terms =
      {};  ///< what that prior computed from c; of one row where there is no condition

  bool is_normal() const { return !other; }
  /// log p(z | c) of each row [rows], in nats, for z [rows, latents].
  Tensor log_density(const Tensor& z) const;
  /// A draw for each row [rows, latents], of noise [rows, latents] from N(0, 1) and choice [rows, 1] uniform in 0..1.
  Tensor draw(const Tensor& noise, const Tensor& choice) const;
  /// The diagonal normal with its mean and variance: what is reported latent by latent refers to that.
  DiagonalNormal moments() const;
};

/// A prior p(z | c) with parameters, which are trained with the model's by the same loss.
class Prior : public Module {
 public:
  /// p(z | c) of each row, for c [rows, condition width], undefined where there is no condition.
  virtual ConditionedPrior operator()(const Tensor& c) = 0;
  /// What training adds to the KL against a prior that runs away, in nats, a mean over the rows []; undefined: nothing.
  virtual Tensor penalty(const ConditionedPrior&) const { return {}; }
};

/// A prior that is no diagonal normal: it has ConditionedPrior's functions, for one of its own.
class DensityPrior : public Prior {
 public:
  virtual Tensor log_density(const ConditionedPrior& p, const Tensor& z) const = 0;
  virtual Tensor draw(const ConditionedPrior& p, const Tensor& noise, const Tensor& choice) const = 0;
  virtual DiagonalNormal moments(const ConditionedPrior& p) const = 0;
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
/// by shifting and scaling z. `regulariser` (1) times this is the penalty, with sigma = e^(log_var / 2), summed over the latents: mu^2 /
/// (2 10^8) + 10^-4 (sigma - 1 - ln sigma), least for N(0, I) (Ivanov, Figurnov & Vetrov 2019, "Variational Autoencoder with
/// Arbitrary Conditioning", section 4.3).
std::unique_ptr<Prior> make_learned_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation);

/// A mixture of diagonal normals, whose weights, means and log-variances are functions of the condition, or parameters where there
/// is none (as the mixture prior of Jiang et al. 2017, "Variational Deep Embedding"). It starts with equal weights and means that
/// are drawn at random, with the mean and variance of N(0, I). Settings: components, hidden, activation.
std::unique_ptr<Prior> make_mixture_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation);

/// N(0, I) through affine coupling layers: half of the latents are scaled and shifted by functions of the other half and the
/// condition, then the halves change places (Dinh, Sohl-Dickstein & Bengio 2017, "Density estimation using Real NVP"). It starts
/// as N(0, I). Settings: layers, hidden (widths of the net in each layer), activation. Error for fewer than 2 latents.
std::unique_ptr<Prior> make_flow_prior(const Config& config, const PriorSizes& sizes,
                                       RandomStream& initialisation);

}  // namespace elbow

#pragma once
#include <limits>
#include <string>
#include <vector>

#include "autograd/kernels/loss.hpp"
#include "cvae/distortion.hpp"
#include "cvae/model.hpp"
#include "data/batches.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What is minimised: distortion + beta * KL(q(z | x, c) || p(z | c)), in nats per row (Kingma & Welling 2014; beta:
/// Higgins et al. 2017). Missing entries do not count. The other settings change what training minimises, and never what
/// is reported.
struct LossSettings {
  DistortionTerms terms;   ///< side by side their columns make up all columns
  OutputLayout outputs;    ///< of the decoder
  double least_scale = 0;  ///< the smallest standard deviation of learned noise
  /// Given features are copied: the output holds their values, and the distortion counts the withheld ones only. Otherwise
  /// the decoder predicts them like the others. For a condition made of the columns of x.
  bool copies_given = false;
  /// A plain autoencoder: z is the posterior's mean, without noise, and there is no KL; beta is 0 then.
  bool autoencoder = false;
  double beta = 1;
  /// Draws of z for each row in the importance-weighted objective (iwae), which training then minimises; 0: the ELBO.
  int64_t samples = 0;
  /// beta starts at warmup_from times its value and reaches it after warmup_steps steps: from 0 (Bowman et al. 2016) so that
  /// latents become active, from above 1 so that the decoder relies on the condition before latents are cheap.
  int64_t warmup_steps = 0;
  double warmup_from = 0;
  /// A latent's KL, averaged over the batch, costs nothing below that (Kingma et al. 2016).
  double free_nats = 0;
  bool has_capacity = false;
  double capacity = 0;         ///< C in beta * |KL - C| (Burgess et al. 2018)
  int64_t capacity_steps = 0;  ///< C rises from 0 over these steps

  /// Whether the distortion is the squared error of all columns, as the analytic optimum requires.
  bool is_squared_error() const;
  /// Whether it is -log of a normal distribution of all columns, with learned noise.
  bool is_normal() const;
};

/// Reads the section `loss`; docs/configuration.md lists its settings. Error, naming the key, for a distortion that does
/// not fit the data.
LossSettings read_loss(const Config& config, const Dataset& data);

/// 1 where an entry counts in the distortion, 0 elsewhere [rows, columns]; undefined where all do.
Tensor counted_entries(const LossSettings& loss, const Batch& batch, const Tensor& c);

/// The distortion of each row [rows], or their mean [], of the decoder's outputs y [rows, outputs] under the condition c.
Tensor distortion_of(const LossSettings& loss, const Tensor& y, const Batch& batch, const Tensor& c,
                     bool per_row);
/// That of one term; `counted` as counted_entries() gives it.
Tensor distortion_of(const DistortionTerm& term, const Tensor& y, const Tensor& x, const Tensor& counted,
                     bool per_row);

/// What the decoder's outputs y [rows, outputs] expect of x [rows, columns], in its units: logits become probabilities, and given
/// values are copied from c.
Tensor values_of(const LossSettings& loss, const Tensor& y, const Tensor& c);

/// KL(q || p) of each row [rows] or its mean [], for the prior p of the same rows (Cvae::prior); 0 for an autoencoder, whose codes are
/// points. Where p is no diagonal normal it is the estimate log q(z) - log p(z) with z [rows, latents], a draw from q: its
/// expectation is the KL, and a single one may be below 0.
Tensor kl_of(const LossSettings& loss, const Posterior& q, const ConditionedPrior& p, const Tensor& z,
             Reduction reduction);

/// KL(q || p) of each latent [latents], mean over the rows, to the diagonal normal with the mean and variance of the prior; of a
/// prior that is one, the shares of its KL.
Tensor kl_of_latents(const LossSettings& loss, const Posterior& q, const ConditionedPrior& p);

/// What the KL counts for at a training step: weight * KL, or weight * |KL - capacity|.
struct KlTerm {
  double weight, capacity;
};
/// `step` counts the training steps, for the settings that depend on it; by default all schedules are over.
KlTerm kl_term_at(const LossSettings& loss, int64_t step = std::numeric_limits<int64_t>::max());

/// The negative ELBO of a batch with its terms: means over the rows, scalars.
using Elbo = LossTerms<Tensor>;
/// One draw of the noise for each row, from the sequence that `noise` names. weight and capacity [] are those of a KlTerm. With
/// samples it is iwae().
Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight, const Tensor& capacity);
/// The importance-weighted objective of a batch (Burda, Grosse & Salakhutdinov 2016, "Importance Weighted Autoencoders") with its
/// terms: -beta log 1/K sum_k e^(log w_k) with K = loss.samples and
///
///     log w_k = (weight (log p(z_k | c) - log q(z_k | x, c)) - distortion_k) / beta,   z_k ~ q(z | x, c),
///
/// mean over the rows. For K = 1 its expectation is that of the ELBO; it falls with K. distortion and kl are those of the ELBO.
Elbo iwae(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight);
/// That bound of each row [rows], log 1/K sum_k e^(log w_k) with K = `samples` and a weight of 1.
Tensor iwae_bounds(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, int64_t samples,
                   const RandomKey& noise);
/// elbo() with numbers.
Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const KlTerm& term);
Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise);

}  // namespace elbow

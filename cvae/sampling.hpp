#pragma once
#include "autograd/tensor.hpp"
#include "cvae/elbo.hpp"

namespace elbow {

/// @name The noise of latents
/// Each kind of draw has a random stream of its own (base/streams.hpp), so that no kind shifts another; seed and step name a
/// draw within it. In steps that a device records, `state` holds what changes from step to step (RandomKey::state).
/// @{
/// Of the posterior in training, stream::noise; step: the training step.
RandomKey training_noise(uint64_t seed, uint64_t step, const Tensor* state = nullptr);
/// Of the posterior on the test set, stream::evaluation_noise; step: the batch and the draw.
RandomKey evaluation_noise(uint64_t seed, uint64_t step, const Tensor* state = nullptr);
/// The same on the validation rows, stream::validation_noise.
RandomKey validation_noise(uint64_t seed, uint64_t step, const Tensor* state = nullptr);
/// Of latents that are decoded to rows or pictures, stream::sampling; step: which of them.
RandomKey sampling_noise(uint64_t seed, uint64_t step);
/// The same for draw number `draw` of batch number `batch`: one more draw leaves the others as they are.
RandomKey sampling_noise(uint64_t seed, int64_t draw, uint64_t batch);
/// Of the posterior in estimates of the likelihood, stream::likelihood, for draw number `draw` of batch number `batch`.
RandomKey likelihood_noise(uint64_t seed, int64_t draw, uint64_t batch);
/// @}

/// `t` [rows, ...] repeated, one copy below the other [times * rows, ...]; undefined where t is. For several draws of each row.
Tensor repeated(const Tensor& t, int64_t times);
Posterior repeated(const Posterior& q, int64_t times);

/// A draw from the posterior of each row [rows, latents]; of an autoencoder, whose codes are points, its mean.
Tensor sample_posterior(const LossSettings& loss, const Posterior& q, const RandomKey& noise);

/// A draw from the model's prior p(z | c) for each row: [rows, latents]; c as for Cvae::prior. On the device of c.
Tensor sample_prior(Cvae& model, const Tensor& c, int64_t rows, const RandomKey& noise);
/// The same from p(z | c), for who draws several times, and normal noise [rows, latents] of one's own. What else the prior draws, such
/// as the component of a mixture, is stream::components of the key. On the device of the noise.
Tensor prior_draw(const ConditionedPrior& p, const Tensor& noise, const RandomKey& key);
/// The point of each row's prior that lies at these numbers of standard deviations from its mean, [rows, latents].
Tensor prior_points(Cvae& model, const Tensor& c, const Tensor& deviations);

/// The KL of each row [rows] as kl_of, where it is an estimate the mean of a few draws, of which sampling_noise names the first.
Tensor kl_of_rows(Cvae& model, const LossSettings& loss, const Posterior& q, const Tensor& c, uint64_t seed,
                  uint64_t batch);

/// The decoder's output for latents z [rows, latents] under conditions c: [rows, columns] in the units of x (values_of).
/// With z from sample_prior it is a draw from the model given the conditions alone.
Tensor decoded_values(Cvae& model, const LossSettings& loss, const Tensor& z, const Tensor& c);

/// What is drawn of that which z leaves open, from p(x | z, c).
struct Observe {
  bool
      learned;  ///< features whose distribution is learned: binary, categorical, counts, numbers with learned noise
  bool
      noise;  ///< numbers, those under squared error too, from N(value, beta / 2): the distribution under which squared error +
              ///< beta KL is beta times the negative ELBO, up to a constant
};
/// As decoded_values, with such draws in place of expectations: a function of z, c and the key of the latents
/// (stream::observations, stream::numbers). On the CPU.
Tensor observed_values(Cvae& model, const LossSettings& loss, const std::vector<Feature>& features,
                       const Tensor& z, const Tensor& c, Observe observe, const RandomKey& latents);

/// The latents [steps * steps, latents] of a plane through the prior, picture by picture from the top left, at the quantiles
/// (i + 1/2) / steps of N(0, 1) (Kingma & Welling 2014, appendix A): latent `right` grows along each row of pictures, latent `up`
/// from the last row to the first, others are 0.
Tensor manifold_latents(int64_t steps, int64_t latents, int64_t right, int64_t up);

/// The quantile (i + 1/2) / n of N(0, 1), 0 <= i < n.
double normal_quantile(int64_t i, int64_t n);

}  // namespace elbow

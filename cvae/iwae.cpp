#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/elbo.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

// k draws of z for each row of a batch [k rows], and what they weigh.
struct WeighedDraws {
  Posterior each;          // of the rows, one copy below the other
  ConditionedPrior prior;  // the same
  Tensor distortion;       // [k rows]
  Tensor log_ratio;        // log p(z | c) - log q(z | x, c) [k rows]
};

WeighedDraws weighed_draws(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss,
                           int64_t k, const RandomKey& noise) {
  const Posterior q = model.encode(batch.input, c);
  const Posterior each = repeated(q, k);  // of k rows of the batch's for each
  const Tensor z = sample_posterior(loss, each, noise), conditions = repeated(c, k);
  Batch copies;
  copies.x = repeated(batch.x, k);
  copies.observed = repeated(batch.observed, k);
  const Tensor distortion = distortion_of(loss, model.decode(z, conditions), copies, conditions, true);
  const ConditionedPrior p = model.prior(conditions);
  return {each, p, distortion, p.log_density(z) - log_density(each, z)};
}

// log sum_j w_j of each row [rows], from log w [k rows].
Tensor log_sum(const Tensor& log_w, int64_t k) { return logsumexp(reshape(log_w, {k, log_w.size(0) / k}), 0); }

}  // namespace

// With log w_k = log p(x, z_k | c) - log q(z_k | x, c) in units of beta, where the KL has the weight of this step.
Elbo iwae(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight) {
  const int64_t k = loss.samples;
  const auto [each, p, distortion, log_ratio] = weighed_draws(model, batch, c, loss, k, noise);
  const Tensor log_w = (weight * log_ratio - distortion) / loss.beta;
  const Tensor bound = mean(log_sum(log_w, k)) - std::log(double(k));
  const Tensor kl = p.is_normal() ? kl_divergence(each, p.normal, Reduction::mean) : -mean(log_ratio);
  const Tensor penalty = model.penalty(p);
  return {loss.beta * (penalty ? penalty - bound : -bound), mean(distortion), kl};
}

Tensor iwae_bounds(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, int64_t samples,
                   const RandomKey& noise) {
  const WeighedDraws draws = weighed_draws(model, batch, c, loss, samples, noise);
  return log_sum(draws.log_ratio - draws.distortion / loss.beta, samples) - std::log(double(samples));
}

}  // namespace elbow

#include <cmath>

#include "autograd/operators.hpp"
#include "cvae/elbo.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
// With log w_k = log p(x, z_k | c) - log q(z_k | x, c) in units of beta, where the KL has the weight of this step.
Elbo iwae(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight) {
  const int64_t k = loss.samples, rows = batch.x.size(0);
  const Posterior q = model.encode(batch.input, c);
  const Posterior each = repeated(q, k);  // of k rows of the batch's for each
  const Tensor z = sample_posterior(loss, each, noise), conditions = repeated(c, k);
  Batch copies;
  copies.x = repeated(batch.x, k);
  copies.observed = repeated(batch.observed, k);
  const Tensor distortion = distortion_of(loss, model.decode(z, conditions), copies, conditions, true);
  const ConditionedPrior p = model.prior(conditions);
  const Tensor log_ratio = p.log_density(z) - log_density(each, z);  // [k rows]
  const Tensor log_w = reshape((weight * log_ratio - distortion) / loss.beta, {k, rows});
  const Tensor bound = mean(logsumexp(log_w, 0)) - std::log(double(k));
  const Tensor kl = p.is_normal() ? kl_divergence(each, p.normal, Reduction::mean) : -mean(log_ratio);
  const Tensor penalty = model.penalty(p);
  return {loss.beta * (penalty ? penalty - bound : -bound), mean(distortion), kl};
}

}  // namespace elbow

#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cvae/experiment.hpp"

namespace elbow {

/// log p(x_withheld | x_given) of one row under the model, estimated by importance sampling.
struct Likelihood {
  double log_p = 0;           ///< nats; its expectation is a lower bound that rises with the number of samples
  double standard_error = 0;  ///< of log_p, by the delta method; NaN for a single sample
  double effective = 0;       ///< effective sample size, from 1 to the number of samples
};

/// Why the loss is not beta times the negative ELBO of a distribution of the rows; empty where it is.
std::string why_no_likelihood(const Experiment& experiment);
/// Error unless the loss is beta times the negative ELBO of a distribution of the rows: not for an autoencoder, for
/// beta = 0, or for the cross-entropy of grey values.
void require_likelihood(const Experiment& experiment);

/// For each row of a batch under condition c the estimate of Burda, Grosse & Salakhutdinov (2016), the bound of their IWAE,
///
///     log 1/K sum_k w_k,   w_k = p(x_w | z_k, c) p(z_k | c) / q(z_k | x, c),   z_k ~ q(z | x, c),
///
/// with K = samples. p(x_w | z, c), over the withheld entries that are there, is N(output, beta/2) where the distortion is
/// squared error, and Bernoulli or categorical with the output as its probabilities elsewhere. The noise is that of
/// likelihood_noise(seed, k, number): the first rows of a batch, and the first draws, are the same if there are more.
/// Works in evaluation mode, and on some thousands of draws at a time, so memory does not grow with K. Error if samples < 1, or
/// as require_likelihood.
std::vector<Likelihood> log_likelihoods(const Experiment& experiment, const Batch& batch, const Tensor& c,
                                        int64_t samples, uint64_t seed, uint64_t number);

/// Conditional densities of a Gaussian set, in double precision.
class GaussianConditionals {
 public:
  explicit GaussianConditionals(GaussianDistribution distribution) : distribution_(std::move(distribution)) {}

  /// log p(x_withheld | x_given) of each row of a batch [rows], in nats, without its missing entries; `mask` [rows, columns] is
  /// 1 where an entry is given, undefined where none is. NaN where the conditional covariance is singular: then the
  /// distribution has no density. With a noise variance above 0 it is instead the density under the best model whose decoder
  /// has that noise: a variance of the conditional covariance that is smaller than the noise's is replaced by it
  /// (docs/optimum.md, "The likelihood").
  std::vector<double> log_densities(const Batch& batch, const Tensor& mask, double noise_variance = 0);

 private:
  struct Pattern {
    PrincipalAxes axes;
    int64_t degenerate;  // axes without variance, which are not among them
  };
  const Pattern& pattern_of(const Mask& given, const Mask& observed);

  GaussianDistribution distribution_;
  std::unordered_map<Mask, Pattern> patterns_;  // by [given, observed], [2 columns]
};

}  // namespace elbow

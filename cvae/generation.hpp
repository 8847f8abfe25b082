#pragma once
#include <cstdint>
#include <span>

#include "cvae/experiment.hpp"

namespace elbow {

/// What the model makes of test rows of which only some features are given: the test rows `index` of the experiment, in
/// which the features of `subset` [features] keep their values and the others are the decoder's output for a latent drawn
/// from the prior p(z | c) (its mean; probabilities for binary and categorical features): [index.size(), columns] float32.
/// The latents depend on the seed and the place in `index` only, so that different subsets meet the same ones. The rows
/// must not lack a feature of `subset`, and the model must be in evaluation mode. Error if the condition is not made of
/// features.
Tensor generated_rows(const Experiment& experiment, std::span<const int64_t> index, const Mask& subset);

/// The covariance of such rows for the optimal model of a Gaussian set (docs/optimum.md), when the columns of `mask` are
/// given: the given columns and the prediction from them vary as they do in the data, and along each principal axis of
/// what is left, of variance l, the reconstruction has the variance max(0, l - beta/2). [d,d]. Their mean is that of the
/// data. Error as condition_on.
Matrix optimal_generated_covariance(const Matrix& covariance, double beta, const Mask& mask);

}  // namespace elbow

#pragma once
#include "autograd/tensor.hpp"

namespace elbow {

/// The latents [steps * steps, latents] of a plane through the prior, picture by picture from the top left, at the quantiles
/// (i + 1/2) / steps of N(0, 1) (Kingma & Welling 2014, appendix A): latent `right` grows along each row of pictures, latent `up`
/// from the last row to the first, others are 0.
Tensor manifold_latents(int64_t steps, int64_t latents, int64_t right, int64_t up);

/// The quantile (i + 1/2) / n of N(0, 1), 0 <= i < n.
double normal_quantile(int64_t i, int64_t n);

}  // namespace elbow

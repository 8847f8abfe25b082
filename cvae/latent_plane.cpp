#include "cvae/latent_plane.hpp"

#include <cmath>
#include <numbers>

namespace elbow {

double normal_quantile(int64_t i, int64_t n) {
  const double p = (double(i) + 0.5) / double(n);
  if (p > 0.5) return -normal_quantile(n - 1 - i, n);
  // Newton's method. Below the median the distribution function is convex, so from there no step goes too far.
  double x = 0;
  for (double step = 1; std::abs(step) > 1e-13;) {
    const double density = std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    step = (0.5 * std::erfc(-x / std::numbers::sqrt2) - p) / density;
    x -= step;
  }
  return x;
}

Tensor manifold_latents(int64_t steps, int64_t latents, int64_t right, int64_t up) {
  Tensor z = Tensor::zeros({steps * steps, latents});
  float* at = z.data<float>();
  for (int64_t row = 0; row < steps; ++row)
    for (int64_t column = 0; column < steps; ++column, at += latents) {
      at[right] = float(normal_quantile(column, steps));
      at[up] = float(normal_quantile(steps - 1 - row, steps));
    }
  return z;
}

}  // namespace elbow

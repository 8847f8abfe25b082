#include <cmath>
#include <numbers>

#include "data/distribution.hpp"

namespace elbow {

/// A sheet bent into an S, as scikit-learn's make_s_curve: (sin t, v, sign(t) (cos t - 1)), t ~ U(-3 pi/2, 3 pi/2),
/// v ~ U(0, 2); plus noise N(0, noise^2) on each column. t is the coordinate. Factors: angle (t),
/// height (v). Options: noise (default 0), and those of draw_split.
DataSplit s_curve(const Config& data, uint64_t seed) {
  const double noise = data.get<double>("noise", 0.0, at_least(0));
  constexpr double pi = std::numbers::pi;
  Dataset set;
  if (noise == 0)  // the half with t > 0, at the angle pi/2 - t, and that with t < 0, at t + 3 pi/2
    set.arcs =
        ArcDistribution{{0, 2}, {{{0, -1}, 1, -pi, pi / 2, 0.5}, {{0, 1}, 1, 0, 1.5 * pi, 0.5}}, {{1, 0, 2}}};
  return draw_split(data, seed, set, 3, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows(), 2});
    Tensor rows = drawn.x.tensor();
    const float* u = numbers.data<float>();
    float *x = rows.data<float>(), *position = positions_of(drawn);
    float *angle = factor_values(drawn, "angle"), *height = factor_values(drawn, "height");
    for (int64_t r = 0; r < drawn.rows(); ++r, u += 2, x += 3) {
      const float t = 3 * std::numbers::pi_v<float> * (u[0] - 0.5f), bend = std::cos(t) - 1;
      position[r] = angle[r] = t;
      x[0] = std::sin(t);
      x[1] = height[r] = 2 * u[1];
      x[2] = t < 0 ? -bend : bend;
    }
    rows.mark_written("s_curve");
    add_noise(drawn, noise, part(key, 1));
  });
}

}  // namespace elbow

#include <cmath>

#include "data/distribution.hpp"

namespace elbow {

/// A sheet rolled up: x = s sin(phi), y = s cos(phi), s = (phi + 0.1 xi) / 6, and z, with phi, z ~ U(0, 15) and
/// xi ~ U(0, 1). Columns x, y, z; phi is the coordinate. Factors: angle (phi), height (z). Options: radius
/// (default false: whether s is a fourth column), and those of draw_split.
DataSplit swiss_roll(const Config& data, uint64_t seed) {
  const bool radius = data.get<bool>("radius", false);
  const int64_t columns = radius ? 4 : 3;
  return draw_split(data, seed, Dataset{}, columns, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows(), 3});
    Tensor rows = drawn.x.tensor();
    const float* u = numbers.data<float>();
    float *x = rows.data<float>(), *position = positions_of(drawn);
    float *angle = factor_values(drawn, "angle"), *height = factor_values(drawn, "height");
    for (int64_t r = 0; r < drawn.rows(); ++r, u += 3, x += columns) {
      const float phi = 15 * u[0], xi = u[1], s = (phi + 0.1f * xi) / 6;
      position[r] = angle[r] = phi;
      x[0] = s * std::sin(phi);
      x[1] = s * std::cos(phi);
      x[2] = height[r] = 15 * u[2];
      if (radius) x[3] = s;
    }
    rows.mark_written("swiss_roll");
  });
}

}  // namespace elbow

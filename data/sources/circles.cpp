#include <cmath>
#include <numbers>

#include "data/law.hpp"

namespace elbow {

/// Two circles around the origin, as scikit-learn's make_circles: (cos t, sin t), t ~ U(0, 2 pi), times the class's
/// radius: 1 for class 0, `factor` for class 1, each class with probability 1/2; plus noise N(0, noise^2) on each column.
/// t is the coordinate. Options: factor (default 0.5), noise (default 0), and those of draw_split.
DataSplit circles(const Config& data, uint64_t seed) {
  const double factor = data.get<double>("factor", 0.5, between(0, 1)),
               noise = data.get<double>("noise", 0.0, at_least(0));
  return draw_split(data, seed, Dataset{}, 2, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows(), 2}), rows = drawn.x.tensor();
    const float* u = numbers.data<float>();
    float *x = rows.data<float>(), *position = positions_of(drawn);
    int32_t* label = classes_of(drawn, 2);
    for (int64_t r = 0; r < drawn.rows(); ++r, u += 2, x += 2) {
      label[r] = u[0] < 0.5f ? 0 : 1;
      position[r] = 2 * std::numbers::pi_v<float> * u[1];
      const float radius = label[r] == 0 ? 1 : float(factor);
      x[0] = radius * std::cos(position[r]);
      x[1] = radius * std::sin(position[r]);
    }
    rows.mark_written("circles");
    add_noise(drawn, noise, part(key, 1));
  });
}

}  // namespace elbow

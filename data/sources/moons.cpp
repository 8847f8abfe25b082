#include <cmath>
#include <numbers>

#include "data/law.hpp"

namespace elbow {

/// Two interleaved half circles, as scikit-learn's make_moons: (cos t, sin t) for class 0, (1 - cos t, 1/2 - sin t) for
/// class 1, t ~ U(0, pi), each class with probability 1/2; plus noise N(0, noise^2) on each column. t is the coordinate.
/// Options: noise (default 0), and those of draw_split.
DataSplit moons(const Config& data, uint64_t seed) {
  const double noise = data.get<double>("noise", 0.0, at_least(0));
  return draw_split(data, seed, Dataset{}, 2, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows(), 2}), rows = drawn.x.tensor();
    const float* u = numbers.data<float>();
    float *x = rows.data<float>(), *position = positions_of(drawn);
    int32_t* label = classes_of(drawn, 2);
    for (int64_t r = 0; r < drawn.rows(); ++r, u += 2, x += 2) {
      label[r] = u[0] < 0.5f ? 0 : 1;
      position[r] = std::numbers::pi_v<float> * u[1];
      const float c = std::cos(position[r]), s = std::sin(position[r]);
      x[0] = label[r] == 0 ? c : 1 - c;
      x[1] = label[r] == 0 ? s : 0.5f - s;
    }
    rows.mark_written("moons");
    add_noise(drawn, noise, part(key, 1));
  });
}

}  // namespace elbow

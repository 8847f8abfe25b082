#include <cmath>
#include <numbers>

#include "data/distribution.hpp"

namespace elbow {

/// Two interleaved half circles, as scikit-learn's make_moons: (cos t, sin t) for class 0, (1 - cos t, 1/2 - sin t) for
/// class 1, t ~ U(0, pi), each class with probability 1/2; plus noise N(0, noise^2) on each column. t is the coordinate.
/// Factors: class, angle (t). Options: noise (default 0), and those of draw_split.
DataSplit moons(const Config& data, uint64_t seed) {
  const auto point = [](int32_t label, float t) {
    const float c = std::cos(t), s = std::sin(t);
    return label == 0 ? std::array{c, s} : std::array{1 - c, 0.5f - s};
  };
  constexpr double pi = std::numbers::pi;
  return two_curves(data, seed, float(pi), point, {{{0, 0}, 1, 0, pi, 0.5}, {{1, 0.5}, 1, pi, 2 * pi, 0.5}});
}

}  // namespace elbow

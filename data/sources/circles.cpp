#include <cmath>
#include <numbers>

#include "data/distribution.hpp"

namespace elbow {

/// Two circles around the origin, as scikit-learn's make_circles: (cos t, sin t), t ~ U(0, 2 pi), times the class's
/// radius: 1 for class 0, `factor` for class 1, each class with probability 1/2; plus noise N(0, noise^2) on each column.
/// t is the coordinate. Factors: class, angle (t). Options: factor (default 0.5), noise (default 0), and those of draw_split.
DataSplit circles(const Config& data, uint64_t seed) {
  const auto factor = float(data.get<double>("factor", 0.5, between(0, 1)));
  const auto point = [=](int32_t label, float t) {
    const float radius = label == 0 ? 1 : factor;
    return std::array{radius * std::cos(t), radius * std::sin(t)};
  };
  constexpr double turn = 2 * std::numbers::pi;
  std::vector<Arc> arcs;
  if (factor > 0) arcs = {{{0, 0}, 1, 0, turn, 0.5}, {{0, 0}, factor, 0, turn, 0.5}};
  return two_curves(data, seed, float(turn), point, arcs);
}

}  // namespace elbow

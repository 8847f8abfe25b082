#include <cmath>

#include "data/law.hpp"

namespace elbow {

/// A sheet rolled up: x = s sin(phi), y = s cos(phi), s = (phi + 0.1 xi) / 6, and z, with phi, z ~ U(0, 15) and
/// xi ~ U(0, 1). Columns x, y, z; phi is the coordinate. Options: those of draw_split.
DataSplit swiss_roll(const Config& data, uint64_t seed) {
  return draw_split(data, seed, Dataset{}, 3, [](Dataset& drawn, const RandomKey& key) {
    if (!drawn.coordinate) drawn.coordinate = Tensor::empty({drawn.rows()});
    const Tensor rows = drawn.x.tensor();
    float *x = rows.data<float>(), *coordinate = drawn.coordinate.data<float>();
    fill_uniform(key, x, rows.numel());  // three numbers a row, replaced by what is made of them
    for (int64_t r = 0; r < drawn.rows(); ++r, x += 3) {
      const float phi = 15 * x[0], xi = x[1], radius = (phi + 0.1f * xi) / 6;
      coordinate[r] = phi;
      x[0] = radius * std::sin(phi);
      x[1] = radius * std::cos(phi);
      x[2] *= 15;
    }
    rows.mark_written("swiss_roll");
  });
}

}  // namespace elbow

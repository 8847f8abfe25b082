#include <algorithm>

#include "base/streams.hpp"
#include "data/distribution.hpp"

namespace elbow {

/// Round clusters, as scikit-learn's make_blobs: x = centre + N(0, spread^2) in each column, every centre with the same
/// probability. The centres are uniform in (-10, 10)^columns, depend on structure_seed, are the same for train and test, and are
/// kept in extras["centers"], [centers, columns]. The cluster is the class, the one factor, and the coordinate. Options:
/// columns (default 2), centers (default 3), spread (default 1), and those of draw_split.
DataSplit blobs(const Config& data, uint64_t seed) {
  const int64_t columns = data.get<int64_t>("columns", 2, between(1, 10000)),
                count = data.get<int64_t>("centers", 3, between(1, 1e6));
  const double spread = data.get<double>("spread", 1.0, at_least(0));
  const Tensor centers = uniform({structure_seed(data, seed), stream::structure, 0}, {count, columns}, -10, 10);
  Dataset set;
  set.extras["centers"] = centers;
  return draw_split(data, seed, set, columns, [=](Dataset& drawn, const RandomKey& key) {
    const Tensor numbers = uniform(key, {drawn.rows()});
    Tensor rows = drawn.x.tensor();
    float *x = rows.data<float>(), *position = positions_of(drawn);
    float* classes = classes_of(drawn, count);
    for (int64_t r = 0; r < drawn.rows(); ++r, x += columns) {
      const auto label = int64_t(double(numbers.data<float>()[r]) * double(count));
      position[r] = classes[r] = float(label);
      std::copy_n(centers.data<float>() + label * columns, columns, x);
    }
    rows.mark_written("blobs");
    add_noise(drawn, spread, part(key, 1));
  });
}

}  // namespace elbow

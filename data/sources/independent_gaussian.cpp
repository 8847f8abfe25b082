#include "data/distribution.hpp"

namespace elbow {

/// x ~ N(0, I). Options: columns (default 2), and those of draw_split.
DataSplit independent_gaussian(const Config& data, uint64_t seed) {
  const int64_t columns = data.get<int64_t>("columns", 2, between(1, 10000));
  Dataset set;
  set.gaussian =
      GaussianDistribution{std::vector<double>(static_cast<size_t>(columns), 0.0), Matrix(columns, columns)};
  for (int64_t i = 0; i < columns; ++i) set.gaussian->covariance(i, i) = 1;
  return draw_split(data, seed, set, columns, [](Dataset& drawn, const RandomKey& key) {
    Tensor x = drawn.x.tensor();
    fill_normal(key, x.data<float>(), x.numel());
    x.mark_written("independent_gaussian");
  });
}

}  // namespace elbow

#include "base/streams.hpp"
#include "data/covariance.hpp"
#include "data/distribution.hpp"

namespace elbow {

/// y = P x, x ~ N(0, I): `columns` columns (default 8) made of `factors` independent ones (default 2), each
/// column of one factor: P[r][r mod factors] = 1 + N(0, 1) / 100, zero elsewhere. P depends on
/// structure_seed, is the same for train and test, and is kept in extras["P"], [columns, factors] float64. Other options:
/// those of draw_split.
DataSplit projected_gaussian(const Config& data, uint64_t seed) {
  const int64_t columns = data.get<int64_t>("columns", 8, between(1, 10000));
  const int64_t factors = data.get<int64_t>("factors", 2, between(1, double(columns)));
  Matrix p(columns, factors);
  std::vector<double> loading(static_cast<size_t>(columns));
  fill_normal({structure_seed(data, seed), stream::structure, 0}, loading.data(), columns, 1.0, 0.01);
  for (int64_t r = 0; r < columns; ++r) p(r, r % factors) = loading[r];
  Dataset set;
  set.gaussian = GaussianDistribution{std::vector<double>(static_cast<size_t>(columns), 0.0), covariance_of(p)};
  set.extras["P"] = Tensor::from(p.values, {columns, factors});
  return draw_split(data, seed, set, columns,
                    [p](Dataset& drawn, const RandomKey& key) { draw_linear_gaussian(drawn, p, key); });
}

}  // namespace elbow

#include "base/streams.hpp"
#include "data/covariance.hpp"
#include "data/distribution.hpp"

namespace elbow {
namespace {

Matrix given_covariance(const Config& data, int64_t columns, const std::vector<std::vector<double>>& rows) {
  Matrix covariance(columns, columns);
  if (int64_t(rows.size()) != columns)
    data.fail("covariance", str("must have ", columns, " rows, not ", rows.size()));
  for (int64_t r = 0; r < columns; ++r) {
    if (int64_t(rows[r].size()) != columns)
      data.fail(str("covariance[", r, ']'), str("must have ", columns, " numbers, not ", rows[r].size()));
    for (int64_t c = 0; c < columns; ++c) covariance(r, c) = rows[r][c];
  }
  return covariance;
}

Matrix factor_of(const Config& data, const Matrix& covariance) try {
  return cholesky(covariance);
} catch (const Error& e) { data.fail("covariance", e.what()); }

}  // namespace

/// x ~ N(0, S). Options: columns (default 4); covariance, a list of rows, for S, or null (the default) for a
/// random correlation matrix (random_correlation_factor) that depends on structure_seed; and those of
/// draw_split. S is kept in extras["covariance"].
DataSplit correlated_gaussian(const Config& data, uint64_t seed) {
  // the squares of the rows must fit into single precision
  const auto rows = data.get_optional<std::vector<std::vector<double>>>("covariance", between(-1e30, 1e30));
  if (rows && rows->empty()) data.fail("covariance", "must have at least one row");
  const int64_t columns = data.get<int64_t>("columns", rows ? int64_t(rows->size()) : 4, between(1, 10000));
  const uint64_t structure = structure_seed(data, seed);
  const Matrix factor = rows ? factor_of(data, given_covariance(data, columns, *rows))
                             : random_correlation_factor(columns, {structure, stream::structure, 0},
                                                         {structure, stream::structure, 1});
  Dataset set;
  set.gaussian =
      GaussianDistribution{std::vector<double>(static_cast<size_t>(columns), 0.0), covariance_of(factor)};
  set.extras["covariance"] = Tensor::from(set.gaussian->covariance.values, {columns, columns});
  return draw_split(data, seed, set, columns, [factor](Dataset& drawn, const RandomKey& key) {
    draw_linear_gaussian(drawn, factor, key);
  });
}

}  // namespace elbow

#include "cvae/greedy_order.hpp"

#include <algorithm>
#include <numeric>

#include "base/parallel.hpp"

namespace elbow {
namespace {

constexpr double tie =
    1e-10;  // losses that differ by less than this share of the loss with nothing given are equal

Optimum optimum_of(const Matrix& conditional, double beta) {
  Optimum sum;
  for (const double variance : symmetric_eigenvalues(conditional))
    if (variance > 0)
      sum += axis_optimum(variance, beta);  // else a rounded zero: nothing is lost along this axis
  return sum;
}

/// The covariance of the others once column j is known too: the Schur complement C - c_j c_j^T / C_jj without row and
/// column j. A column whose variance is not above `zero` is known already and adds no information.
Matrix without(const Matrix& c, std::int64_t j, double zero) {
  const double scale = c(j, j) > zero ? 1 / c(j, j) : 0;
  Matrix rest(c.rows - 1, c.rows - 1);
  for (std::int64_t r = 0; r < rest.rows; ++r)
    for (std::int64_t k = 0; k < rest.rows; ++k) {
      const std::int64_t from_r = r + (r >= j), from_k = k + (k >= j);
      rest(r, k) = c(from_r, from_k) - c(from_r, j) * c(from_k, j) * scale;
    }
  return rest;
}

}  // namespace

GreedyOrder greedy_order(const Matrix& covariance, double beta) {
  const std::int64_t d = covariance.rows;
  const GaussianOptimum checked(std::vector<double>(std::size_t(d), 0.0), covariance, beta);
  GreedyOrder order;
  order.nothing_given = optimum_of(covariance, beta);

  Matrix left = covariance;              // of the columns not yet given, given the others
  std::vector<std::int64_t> columns(d);  // which they are
  std::iota(columns.begin(), columns.end(), 0);
  while (!columns.empty()) {
    std::vector<Optimum> candidates(columns.size());
    const auto rest = [&](std::int64_t i) {
      return without(left, i, rank_tolerance(d) * covariance(columns[i], columns[i]));
    };
    parallel_tasks(std::int64_t(columns.size()),
                   [&](std::int64_t i) { candidates[i] = optimum_of(rest(i), beta); });
    if (order.steps.empty()) order.first = candidates;
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < std::int64_t(columns.size()); ++i)
      if (candidates[i].loss < candidates[best].loss - tie * order.nothing_given.loss) best = i;
    order.steps.push_back({columns[best], candidates[best]});
    left = rest(best);
    columns.erase(columns.begin() + best);
  }
  return order;
}

}  // namespace elbow

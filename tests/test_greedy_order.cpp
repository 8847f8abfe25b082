// The exact greedy order of conditions of a Gaussian set, against the optimum of each candidate, computed separately.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>

#include "base/parallel.hpp"
#include "base/stopwatch.hpp"
#include "cvae/selection.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

std::vector<std::int64_t> columns_of(const GreedyOrder& order) {
  std::vector<std::int64_t> columns;
  for (const GreedyStep& s : order.steps) columns.push_back(s.column);
  return columns;
}

/// Every step of `order` must be as good as the best that GaussianOptimum::at finds from scratch, and its optimum the same.
void check_steps(const Matrix& covariance, double beta, const GreedyOrder& order) {
  const std::int64_t d = covariance.rows;
  const GaussianOptimum bound = optimum_of(covariance, beta);
  const double scale = bound.at(Mask(d, false)).loss;
  BOOST_TEST(std::abs(order.nothing_given.loss - scale) < 1e-10 * scale);
  Mask given(d, false);
  for (std::int64_t i = 0; i < d; ++i) {
    Mask one(d, false);
    one[i] = true;
    BOOST_TEST(std::abs(order.first[i].loss - bound.at(one).loss) < 1e-10 * scale);
  }
  for (const GreedyStep& step : order.steps) {
    double best = 2 * scale;
    for (std::int64_t i = 0; i < d; ++i) {
      if (given[i]) continue;
      Mask more = given;
      more[i] = true;
      best = std::min(best, bound.at(more).loss);
    }
    given[step.column] = true;
    const Optimum exact = bound.at(given);
    BOOST_TEST(exact.loss <= best + 1e-9 * scale);
    BOOST_TEST(std::abs(step.optimum.loss - exact.loss) < 1e-9 * scale);
    BOOST_TEST(std::abs(step.optimum.distortion - exact.distortion) < 1e-9 * scale);
    BOOST_TEST(std::abs(step.optimum.kl - exact.kl) < 1e-8);
    BOOST_TEST(step.optimum.active == exact.active);
  }
  const auto columns = columns_of(order);
  BOOST_TEST(std::set<std::int64_t>(columns.begin(), columns.end()).size() == std::size_t(d));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_step_is_the_best_one) {
  for (const std::int64_t d : {1, 2, 5, 9})
    for (const std::int64_t rank : {d, (d + 1) / 2})
      for (const double beta : {0.1, 1.0, 6.0}) {
        const Matrix covariance = random_covariance(d, rank, 10 * d + rank);
        BOOST_TEST_CONTEXT("d " << d << ", rank " << rank << ", beta " << beta)
        check_steps(covariance, beta, greedy_order(covariance, beta));
      }
}

BOOST_AUTO_TEST_CASE(ties_go_to_the_first_column) {
  BOOST_TEST(columns_of(greedy_order(identity(4), 1)) == (std::vector<std::int64_t>{0, 1, 2, 3}));
  // Columns 0 and 2 repeat each other, as 1 and 3 do; the second pair has the larger loss. Afterwards all is known.
  const Matrix factor(4, 2, {1, 0, 0, 2, 1, 0, 0, 2});
  const GreedyOrder order = greedy_order(product(factor, transpose(factor)), 0.5);
  BOOST_TEST(columns_of(order) == (std::vector<std::int64_t>{1, 0, 2, 3}));
  BOOST_TEST(std::abs(order.steps[1].optimum.loss) < 1e-12);
  BOOST_TEST(order.steps[3].optimum.loss == 0);
}

BOOST_AUTO_TEST_CASE(a_sum_goes_before_its_parts) {
  // x0 and x1 independent, x2 = x0 + x1: the sum alone tells most of the two others together.
  const Matrix factor(3, 2, {1, 0, 0, 1, 1, 1});
  const GreedyOrder order = greedy_order(product(factor, transpose(factor)), 0.2);
  BOOST_TEST(order.steps[0].column == 2);
  BOOST_TEST(order.first[2].loss < order.first[0].loss - 0.01);
  BOOST_TEST(std::abs(order.steps[1].optimum.loss) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Matrix covariance = random_covariance(24, 24, 5);
  const int before = num_threads();
  std::vector<std::vector<double>> losses;
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    losses.emplace_back();
    for (const GreedyStep& s : greedy_order(covariance, 0.5).steps) losses.back().push_back(s.optimum.loss);
  }
  set_num_threads(before);
  BOOST_TEST(losses[0] == losses[1]);
}

BOOST_AUTO_TEST_CASE(sixty_columns_take_a_moment) {
  const Matrix covariance = random_covariance(60, 60, 6);
  const Stopwatch watch;
  const GreedyOrder order = greedy_order(covariance, 0.5);
  const double seconds = watch.seconds();
  BOOST_TEST_MESSAGE("60 columns: " << seconds << " s");
  BOOST_TEST(order.steps.back().optimum.loss == 0);
  for (std::size_t k = 1; k < order.steps.size(); ++k)
    BOOST_TEST(order.steps[k].optimum.loss <= order.steps[k - 1].optimum.loss + 1e-9);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(greedy_order(identity(2), 0), Error);
  BOOST_CHECK_THROW(greedy_order(Matrix(2, 2, {1, 2, 2, 1}), 1), Error);
  BOOST_CHECK_THROW(greedy_order(Matrix(), 1), Error);
}

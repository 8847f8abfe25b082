// The Gaussian of largest likelihood where entries are missing: against SciPy, which climbs the likelihood itself.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "autograd/ops.hpp"
#include "data_helpers.hpp"
#include "metrics/gaussian_em.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Json golden() {
  return Json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/gaussian_em.json"));
}

Tensor matrix(const Json& rows) {
  std::vector<double> values;
  for (const auto& row : rows)
    for (const double v : row) values.push_back(v);
  return Tensor::from(values, {int64_t(rows.size()), int64_t(rows[0].size())});
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_scipy) {
  const Json cases = golden();
  for (const Json& c : cases) {
    const Moments m = gaussian_em(matrix(c.at("x")), matrix(c.at("observed")), 1e-10, 10000);
    const int64_t d = m.columns();
    for (int64_t i = 0; i < d; ++i) {
      BOOST_TEST(std::abs(m.mean[size_t(i)] - c.at("mean")[size_t(i)].get<double>()) < 1e-4);
      for (int64_t j = 0; j < d; ++j)
        BOOST_TEST(std::abs(m.covariance(i, j) - c.at("covariance")[size_t(i)][size_t(j)].get<double>()) <
                   3e-4);
    }
  }
}

BOOST_AUTO_TEST_CASE(of_complete_rows_they_are_the_moments) {
  const Tensor x = normal({1, 2, 3}, {500, 3}, 2);
  const Moments all = moments_of(x), same = gaussian_em(x, Tensor::ones({500, 3}));
  for (size_t i = 0; i < 9; ++i)
    BOOST_TEST(std::abs(same.covariance.values[i] - all.covariance.values[i] * 499 / 500) < 1e-9);
}

// Three more rows of independent columns with the same variances.
BOOST_AUTO_TEST_CASE(a_prior_of_rows) {
  const Tensor z = normal({1, 2, 3}, {30, 3}, 0, 1, DType::float64);
  const Tensor x = concat(z, sum(z, 1, true), 1), there = Tensor::ones({30, 4}, DType::float64);
  const Moments plain = gaussian_em(x, there), held = gaussian_em(x, there, 1e-5, 200, 3), all = moments_of(x);
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 4; ++j) {
      const double prior = i == j ? 3 * all.covariance(i, i) : 0;
      BOOST_TEST(std::abs(held.covariance(i, j) - (30 * plain.covariance(i, j) + prior) / 33) < 1e-9);
    }
}

// Three columns, of which the third is the sum of the others: the covariance is singular, and stays so.
BOOST_AUTO_TEST_CASE(a_column_that_the_others_determine) {
  const Tensor two = normal({1, 2, 3}, {4000, 2}, 0, 1, DType::float64);
  const Tensor x = concat(two, sum(two, 1, true), 1),
               there = bernoulli({1, 2, 4}, {4000, 3}, 0.7, DType::float64);
  const Moments m = gaussian_em(mul(x, there), there);
  const auto values = symmetric_eigenvalues(m.covariance);
  BOOST_TEST(std::abs(values[0] - 3) < 5 * 3 * std::sqrt(2.0 / 2800));
  BOOST_TEST(values[2] < 1e-3);
  const GaussianRegression r = regression(m.covariance, {true, true, false});
  for (const double coefficient : r.coefficients.values) BOOST_TEST(std::abs(coefficient - 1) < 1e-2);
}

BOOST_AUTO_TEST_CASE(a_column_without_entries_and_a_constant_one) {
  Tensor x = normal({1, 2, 3}, {50, 3}, 0, 1, DType::float64), there = Tensor::ones({50, 3}, DType::float64);
  for (int64_t r = 0; r < 50; ++r) {
    x.data<double>()[r * 3 + 1] = there.data<double>()[r * 3 + 1] = 0;
    x.data<double>()[r * 3 + 2] = 7;
  }
  const Moments m = gaussian_em(x, there);
  BOOST_TEST(m.mean[1] == 0);
  BOOST_TEST(m.mean[2] == 7, boost::test_tools::tolerance(1e-12));
  for (int i = 0; i < 3; ++i)
    for (int j = 1; j < 3; ++j) BOOST_TEST(std::abs(m.covariance(i, j)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Tensor x = normal({4, 1, 1}, {5000, 6}), there = bernoulli({4, 1, 2}, {5000, 6}, 0.6);
  const auto with_threads = [&](int n) {
    const ThreadsScope threads(n);
    return gaussian_em(x, there);
  };
  const Moments one = with_threads(1), three = with_threads(3);
  BOOST_TEST((three.covariance.values == one.covariance.values));
  BOOST_TEST((three.mean == one.mean));
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(gaussian_em(Tensor::ones({2, 3}), Tensor::ones({2, 2})), Error);
  BOOST_CHECK_THROW(gaussian_em(Tensor::ones({0, 3}), Tensor::ones({0, 3})), Error);
  Tensor bad = Tensor::ones({3, 2});
  bad.data<float>()[3] = NAN;
  BOOST_CHECK_THROW(gaussian_em(bad, Tensor::ones({3, 2})), Error);
}

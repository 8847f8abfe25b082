// Moments and principal components against scikit-learn (tests/golden/make_metrics.py), their distributions and their refusals.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "autograd/alias.hpp"
#include "autograd/random.hpp"
#include "base/parallel.hpp"
#include "metrics/moments.hpp"

using namespace elbow;

namespace {

nlohmann::json golden(const char* part) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/metrics.json");
  BOOST_REQUIRE(file.good());
  return nlohmann::json::parse(file)[part];
}

}  // namespace

BOOST_AUTO_TEST_CASE(principal_components_are_those_of_scikit_learn) {
  int compared = 0;
  for (const auto& c : golden("pca")) BOOST_TEST_CONTEXT(c["name"]) {
      const auto values = c["x"].get<std::vector<float>>();
      const auto d = c["columns"].get<std::int64_t>();
      const auto mean = c["mean"].get<std::vector<double>>(),
                 variances = c["variances"].get<std::vector<double>>(),
                 ratios = c["ratios"].get<std::vector<double>>(),
                 components = c["components"].get<std::vector<double>>();
      const PrincipalComponents p =
          principal_components(Tensor::from(values, {std::int64_t(values.size()) / d, d}));
      BOOST_REQUIRE(p.variances.size() == variances.size());
      BOOST_TEST(p.components.rows == std::int64_t(variances.size()));
      for (std::int64_t i = 0; i < d; ++i)
        BOOST_TEST(std::abs(p.mean[i] - mean[i]) < 1e-12 * (1 + std::abs(mean[i])));
      for (std::size_t k = 0; k < variances.size(); ++k) {
        BOOST_TEST(std::abs(p.variances[k] - variances[k]) < 1e-12 * variances[0]);
        BOOST_TEST(std::abs(p.ratios[k] - ratios[k]) < 1e-12);
        BOOST_TEST(p.variances[k] >= 0);
        const double* ours = &p.components.values[k * d];
        BOOST_TEST(ours[p.leading[k]] > 0);  // the largest loading
        for (std::int64_t i = 0; i < d; ++i) BOOST_TEST(std::abs(ours[i]) <= ours[p.leading[k]] * (1 + 1e-9));
        if (variances[k] < 1e-10 * variances[0]) continue;  // no variance, no direction
        const double* theirs = &components[k * d];
        const double sign = theirs[p.leading[k]] < 0 ? -1 : 1;  // theirs may be turned round
        for (std::int64_t i = 0; i < d; ++i) BOOST_TEST(std::abs(ours[i] - sign * theirs[i]) < 1e-7);
        ++compared;
      }
    }
  BOOST_TEST(compared == 4 + 4 + 1 + 5);
}

BOOST_AUTO_TEST_CASE(components_rebuild_the_covariance) {
  const Tensor x = normal({1, 1, 1}, {5000, 6});  // more than one chunk
  const Moments m = moments_of(x);
  const PrincipalComponents p = principal_components(x);
  for (int r = 0; r < 6; ++r)
    for (int c = 0; c < 6; ++c) {
      double rebuilt = 0, product = 0;
      for (int k = 0; k < 6; ++k) {
        rebuilt += p.variances[k] * p.components(k, r) * p.components(k, c);
        product += p.components(r, k) * p.components(c, k);
      }
      BOOST_TEST(std::abs(rebuilt - m.covariance(r, c)) < 1e-13);
      BOOST_TEST(std::abs(product - (r == c)) < 1e-13);
      BOOST_TEST(std::abs(m.covariance(r, c) - (r == c)) < 5 / std::sqrt(5000.0));
      BOOST_TEST(m.covariance(r, c) == m.covariance(c, r));
    }
}

BOOST_AUTO_TEST_CASE(ties_and_rows_that_are_all_alike) {
  // Two columns that are equal: both load the same, and the first is named.
  const PrincipalComponents p = principal_components(Tensor::from<float>({1, 1, 2, 2, 4, 4}, {3, 2}));
  BOOST_TEST(p.leading[0] == 0);
  BOOST_TEST(std::abs(p.components(0, 0) - std::sqrt(0.5)) < 1e-15);
  BOOST_TEST(p.variances[1] == 0, boost::test_tools::tolerance(1e-15));
  const PrincipalComponents alike = principal_components(Tensor::from<float>({7, 8, 7, 8}, {2, 2}));
  BOOST_TEST(alike.variances[0] == 0);
  BOOST_TEST(std::isnan(alike.ratios[0]));
}

BOOST_AUTO_TEST_CASE(moments_far_from_zero_and_merged) {
  Tensor x = normal({3, 1, 1}, {3000, 3}, 0, 1, DType::float64);
  const Moments plain = moments_of(x);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] += 1e6;
  const Moments moved = moments_of(x);  // sums of squares would have lost all but four digits
  const Moments halves = merged(moments_of(alias(x, {1000, 3})), moments_of(alias(x, {2000, 3}, 3000)));
  BOOST_TEST(halves.rows == 3000);
  for (int i = 0; i < 9; ++i) {
    BOOST_TEST(std::abs(moved.covariance.values[i] - plain.covariance.values[i]) < 1e-8);
    BOOST_TEST(std::abs(halves.covariance.values[i] - moved.covariance.values[i]) < 1e-9);
  }
  for (int i = 0; i < 3; ++i) BOOST_TEST(std::abs(halves.mean[i] - moved.mean[i]) < 1e-8);
}

// Of complete rows they are the moments; a column's mean is that of its own entries, a covariance that of the rows with both.
BOOST_AUTO_TEST_CASE(moments_with_missing_entries) {
  const Tensor x = normal({1, 2, 3}, {5000, 3}, 2);
  const Moments all = moments_of(x), same = observed_moments(x, Tensor::ones({5000, 3}));
  for (int64_t i = 0; i < 9; ++i)
    BOOST_TEST(std::abs(same.covariance.values[size_t(i)] - all.covariance.values[size_t(i)]) < 1e-9);
  const Tensor few = Tensor::from(std::vector<float>{1, 10, 3, 0, 5, 14, 0, 6}, {4, 2}),
               there = Tensor::from(std::vector<float>{1, 1, 1, 0, 1, 1, 0, 1}, {4, 2});
  const Moments m = observed_moments(few, there);  // means 3 and 10; both in rows 0 and 2
  BOOST_TEST(m.mean[0] == 3);
  BOOST_TEST(m.mean[1] == 10);
  BOOST_TEST(m.covariance(0, 0) == 4);
  BOOST_TEST(m.covariance(1, 1) == 16);
  BOOST_TEST(m.covariance(0, 1) == 8);  // (-2 * 0 + 2 * 4) / (2 - 1)
}

// Three columns of which each pair was seen in other rows: correlations 1, 1 and -1, which no three columns have.
BOOST_AUTO_TEST_CASE(moments_with_missing_entries_have_no_negative_eigenvalues) {
  std::vector<float> x, there;
  for (int pair = 0; pair < 3; ++pair)
    for (const float v : {-1.0f, 1.0f, -1.0f, 1.0f})
      for (int column = 0; column < 3; ++column) {
        const bool first = column == pair, second = column == (pair + 1) % 3;
        x.push_back(first ? v : second ? (pair == 2 ? -v : v) : 0);
        there.push_back(first || second);
      }
  const Moments m = observed_moments(Tensor::from(x, {12, 3}), Tensor::from(there, {12, 3}));
  BOOST_TEST(m.covariance(0, 0) > 0.5);
  BOOST_TEST(m.covariance(0, 1) > 0.2);
  BOOST_TEST(symmetric_eigenvalues(m.covariance).back() > -1e-12);
  BOOST_CHECK_THROW(observed_moments(Tensor::ones({2, 3}), Tensor::ones({2, 2})), Error);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Tensor x = normal({4, 1, 1}, {5000, 90});
  const int before = num_threads();
  std::vector<std::vector<double>> covariances;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    covariances.push_back(moments_of(x).covariance.values);
  }
  set_num_threads(before);
  BOOST_TEST((covariances[0] == covariances[1]));
  BOOST_TEST((covariances[0] == covariances[2]));
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto says = [](const char* part) {
    return [part](const Error& e) { return std::string(e.what()).find(part) != std::string::npos; };
  };
  BOOST_CHECK_EXCEPTION(moments_of(Tensor::zeros({1, 3})), Error, says("at least two"));
  BOOST_CHECK_THROW(moments_of(Tensor::zeros({3})), Error);
  BOOST_CHECK_THROW(moments_of(Tensor::zeros({3, 0})), Error);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(principal_components(Tensor::from<float>({1, nan, 3, 4}, {2, 2})), Error,
                        says("non-finite"));
  BOOST_CHECK_EXCEPTION(merged(moments_of(Tensor::zeros({2, 1})), moments_of(Tensor::zeros({2, 2}))), Error,
                        says("cannot be merged"));
}

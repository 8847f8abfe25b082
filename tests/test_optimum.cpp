// The analytic optimum against closed forms and against golden numbers that tests/golden/make_optimum.py finds by
// numerical minimisation. Distributions that it obeys: test_bound_laws.cpp; the model that attains it:
// test_bound_model.cpp; its row-by-row form: test_bound_rows.cpp.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.hpp"
#include "cvae/optimum.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;
namespace tt = boost::test_tools;

namespace {

/// 2 latent factors in 8 columns: P[r][r mod 2] = 1 + N(0,1)/100.
Matrix projected_covariance(std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Matrix p(8, 2);
  for (std::int64_t r = 0; r < 8; ++r) p(r, r % 2) = 1 + normal(engine) / 100;
  return product(p, transpose(p));
}

bool names(const Error& e, const char* part) { return std::string(e.what()).find(part) != std::string::npos; }

const double ln2 = std::log(2.0);

}  // namespace

BOOST_AUTO_TEST_CASE(two_independent_unit_gaussians) {
  const GaussianOptimum bound = optimum_of(identity(2), 1);
  // Each withheld column costs (1/2)(1 + ln 2), and one column is withheld on average.
  const AverageOptimum mean = bound.average();
  BOOST_TEST(mean.loss == 0.5 * (1 + ln2), tt::tolerance(1e-14));
  BOOST_TEST(std::abs(mean.loss - 0.84657) < 5e-6);
  BOOST_TEST(mean.distortion == 0.5, tt::tolerance(1e-14));
  BOOST_TEST(mean.kl == 0.5 * ln2, tt::tolerance(1e-14));
  BOOST_TEST(mean.active == 1, tt::tolerance(1e-14));
  BOOST_TEST(mean.masks == 4);
  BOOST_TEST(mean.loss_stderr == 0);
  const std::vector<AverageOptimum> counts = bound.per_count();
  BOOST_REQUIRE(counts.size() == 3u);
  for (int given = 0; given <= 2; ++given) {
    BOOST_TEST(counts[given].active == 2 - given);
    BOOST_TEST(counts[given].kl_per_latent.size() == 2u);
    for (int k = 0; k < 2; ++k)
      BOOST_TEST(counts[given].kl_per_latent[k] == (k < 2 - given ? 0.5 * ln2 : 0.0), tt::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(a_large_beta_uses_no_latent) {
  for (const double beta : {2.0, 2.5, 100.0}) {  // 2: the very threshold
    const Optimum b = optimum_of(identity(3), beta).at(Mask{false, false, true});
    BOOST_TEST(b.active == 0);
    BOOST_TEST(b.kl == 0, tt::tolerance(1e-14));
    BOOST_TEST(b.distortion == 2, tt::tolerance(1e-14));
    BOOST_TEST(b.loss == 2, tt::tolerance(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(a_correlated_pair) {
  for (const double rho : {-0.99, -0.3, 0.0, 0.6, 0.95, 1.0}) {
    const double left = 1 - rho * rho, beta = 0.5;
    const Optimum b = optimum_of(Matrix(2, 2, {1, rho, rho, 1}), beta).at(Mask{true, false});
    const double loss = left > beta / 2 ? beta / 2 * (1 + std::log(2 * left / beta)) : left;
    BOOST_TEST(std::abs(b.loss - loss) < 1e-14);
    BOOST_TEST(std::abs(b.distortion - std::min(left, beta / 2)) < 1e-14);
  }
}

BOOST_AUTO_TEST_CASE(two_factors_in_eight_columns) {
  // A factor costs something only when its 4 columns are all withheld, 1 time in 16; its variance is then
  // about 4.
  const GaussianOptimum exact =
      optimum_of(scaled(product(Matrix(4, 1, {1, 1, 1, 1}), Matrix(1, 4, {1, 1, 1, 1})), 1), 1);
  BOOST_TEST(2 * exact.average().loss == 2.0 / 16 * 0.5 * (1 + std::log(8.0)), tt::tolerance(1e-12));
  // Over draws of P, 64 rows cost 12.317 +- 0.028.
  const int draws = 60;
  double sum = 0, squares = 0;
  for (int seed = 0; seed < draws; ++seed) {
    const double loss = 64 * optimum_of(projected_covariance(seed), 1).average().loss;
    sum += loss, squares += loss * loss;
  }
  const double mean = sum / draws, deviation = std::sqrt(squares / draws - mean * mean);
  BOOST_TEST(std::abs(mean - 12.317) < 4 * 0.028 / std::sqrt(draws));
  BOOST_TEST(std::abs(deviation - 0.028) < 4 * 0.028 / std::sqrt(2.0 * draws));
  const std::vector<AverageOptimum> counts = optimum_of(projected_covariance(1), 1).per_count();
  BOOST_TEST(counts[0].active == 2);
  BOOST_TEST(counts[4].active == 2.0 / 70,
             tt::tolerance(1e-12));  // 2 of the 70 masks leave one factor in the dark
  BOOST_TEST(counts[5].loss == 0);
  BOOST_TEST(counts[0].masks == 1);
  BOOST_TEST(counts[4].masks == 70);
}

BOOST_AUTO_TEST_CASE(a_given_column_may_almost_repeat_another) {
  // Given u and u + e w, withheld w: known exactly however small e is, as long as e^2 can be distinguished from
  // rounding.
  for (const double e : {1e-1, 1e-3, 1e-5}) {
    const Matrix factor(3, 2, {1, 0, 1, e, 0, 1});
    const Optimum b = optimum_of(product(factor, transpose(factor)), 0.1).at(Mask{true, true, false});
    BOOST_TEST(std::abs(b.loss) < 1e-5);
  }
  // Given u twice over: of no use to w, and no division by zero.
  const Matrix repeated(3, 2, {1, 0, 1, 0, 0, 1});
  BOOST_TEST(optimum_of(product(repeated, transpose(repeated)), 2).at(Mask{true, true, false}).loss == 1);
  // Constant columns, given or withheld.
  const GaussianOptimum constant = optimum_of(Matrix(3, 3, {0, 0, 0, 0, 1, 0, 0, 0, 0}), 1);
  BOOST_TEST(constant.at(Mask{true, false, false}).loss == 0.5 * (1 + ln2), tt::tolerance(1e-14));
  BOOST_TEST(constant.at(Mask{false, true, false}).loss == 0);
}

BOOST_AUTO_TEST_CASE(golden_numbers) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/bound.json");
  BOOST_REQUIRE(file.good());
  int compared = 0;
  for (const auto& c : nlohmann::json::parse(file)) {
    const auto mean = c["mean"].get<std::vector<double>>();
    Matrix sigma(std::int64_t(mean.size()), std::int64_t(mean.size()));
    sigma.values.clear();
    for (const auto& row : c["sigma"])
      for (const double v : row) sigma.values.push_back(v);
    const GaussianOptimum bound(mean, sigma, c["beta"]);
    for (const auto& m : c["masks"]) {
      const auto entries = m["mask"].get<std::vector<float>>(), x = m["x"].get<std::vector<float>>();
      Mask mask;
      for (const float e : entries) mask.push_back(e == 1);
      BOOST_TEST_CONTEXT(c["name"] << ", mask " << m["mask"]) {
        const auto variances = m["variances"].get<std::vector<double>>();
        const PrincipalAxes axes = principal_axes(sigma, mask);
        BOOST_REQUIRE(axes.variances.size() == variances.size());
        for (std::size_t k = 0; k < variances.size(); ++k)
          BOOST_TEST(std::abs(axes.variances[k] - variances[k]) < 1e-10);
        const Optimum b = bound.at(mask);
        BOOST_TEST(std::abs(b.distortion - m["distortion"].get<double>()) < 1e-9);
        BOOST_TEST(std::abs(b.kl - m["kl"].get<double>()) < 1e-9);
        BOOST_TEST(b.active == m["active"].get<double>());
        const LossTerms<double> r = bound.optimal_row(x.data(), entries.data());
        // 1e-6: a float32 row of a rank-deficient set is only that consistent with itself
        BOOST_TEST(std::abs(r.distortion - m["row_distortion"].get<double>()) < 1e-6);
        BOOST_TEST(std::abs(r.kl - m["row_kl"].get<double>()) < 1e-6);
      }
      ++compared;
    }
  }
  BOOST_TEST(compared > 80);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto says = [](const char* part) { return [part](const Error& e) { return names(e, part); }; };
  BOOST_CHECK_EXCEPTION(GaussianOptimum({0, 0, 0}, identity(2), 1), Error,
                        says("mean [3] and covariance [2,2]"));
  BOOST_CHECK_EXCEPTION(GaussianOptimum({}, Matrix(0, 0), 1), Error, says("d > 0"));
  BOOST_CHECK_EXCEPTION(optimum_of(identity(2), 0), Error, says("beta is 0"));
  BOOST_CHECK_EXCEPTION(optimum_of(identity(2), nan), Error, says("beta is nan"));
  BOOST_CHECK_EXCEPTION(GaussianOptimum({0, nan}, identity(2), 1), Error, says("the mean"));
  BOOST_CHECK_EXCEPTION(optimum_of(Matrix(2, 2, {1, 0.5, 0.4, 1}), 1), Error, says("not symmetric at (1,0)"));
  BOOST_CHECK_EXCEPTION(optimum_of(Matrix(2, 2, {1, 2, 2, 1}), 1), Error, says("the eigenvalue -1"));
  BOOST_CHECK_EXCEPTION(optimum_of(Matrix(1, 1, {nan}), 1), Error, says("non-finite"));
  const GaussianOptimum bound = optimum_of(identity(2), 1);
  BOOST_CHECK_EXCEPTION(bound.at(Mask(3)), Error, says("3 columns for a set of 2"));
  BOOST_CHECK_EXCEPTION(bound.average(1.5), Error, says("[0, 1]"));
  BOOST_CHECK_EXCEPTION(bound.average(0.5, 1), Error, says("at least 2"));
  BOOST_CHECK_EXCEPTION(bound.at_count(3), Error, says("cannot be given"));
  const float x[4] = {}, mask[4] = {1, 0, 1, 0.5f};
  BOOST_CHECK_EXCEPTION(bound.optimal_rows(x, mask, 2), Error, says("row 1, column 1: 0.5"));
}

// Rubin's rules and Student's t distribution against NumPy and SciPy (tests/golden/make_pooling.py), and against imputations of a
// known mean.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>

#include "data_helpers.hpp"
#include "metrics/pooling.hpp"
#include "metrics/results.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

nlohmann::json golden(const char* part) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/pooling.json");
  BOOST_REQUIRE(file.good());
  return nlohmann::json::parse(file)[part];
}

void check_near(double found, double expected, double tolerance) {
  BOOST_TEST(std::abs(found - expected) <= tolerance * std::max(1e-300, std::abs(expected)),
             found << ", not " << expected);
}

}  // namespace

BOOST_AUTO_TEST_CASE(pooled_estimates_are_those_of_numpy) {
  for (const auto& c : golden("pooled")) {
    const PooledEstimate p = pooled(c["estimates"], c["variances"], c["complete"]);
    const auto& e = c["pooled"];
    check_near(p.estimate, e["estimate"], 1e-13);
    check_near(p.within, e["within"], 1e-13);
    BOOST_TEST(std::abs(p.between - double(e["between"])) < 1e-13);
    check_near(p.total, e["total"], 1e-13);
    check_near(p.degrees, e["degrees"], 1e-11);
    BOOST_TEST(std::abs(p.missing_information - double(e["missing_information"])) < 1e-12);
    check_near(p.high - p.low, double(e["high"]) - double(e["low"]), 1e-9);
    BOOST_TEST(std::abs(p.high + p.low - 2 * p.estimate) < 1e-12 * (p.high - p.low));
  }
}

BOOST_AUTO_TEST_CASE(intervals_of_students_distribution_are_those_of_scipy) {
  // SciPy's own are right to 1e-8 or so; those in closed form say more.
  for (const auto& c : golden("students")) check_near(student_interval(c["p"], c["degrees"]), c["t"], 2e-8);
  for (const double p :
       {0.5, 0.999})  // of Cauchy's distribution tan(pi p / 2), with two degrees p sqrt(2 / (1 - p^2))
    check_near(student_interval(p, 1), std::tan(std::numbers::pi * p / 2), 1e-12),
        check_near(student_interval(p, 2), p * std::sqrt(2 / (1 - p * p)), 1e-12);
  check_near(student_interval(0.95, 1e12), 1.959963984540054, 3e-7);  // the normal distribution
}

BOOST_AUTO_TEST_CASE(the_incomplete_beta_function_is_that_of_scipy) {
  for (const auto& c : golden("betas")) {
    const double x = c["x"];
    const double found = incomplete_beta(c["a"], c["b"], x, 1 - x), expected = c["value"];
    BOOST_TEST(std::abs(found - expected) <= 1e-11 * expected + 1e-300, found << ", not " << expected);
    BOOST_TEST(std::abs(incomplete_beta(c["b"], c["a"], 1 - x, x) - (1 - expected)) < 1e-12);
  }
  BOOST_TEST(incomplete_beta(2, 3, 0, 1) == 0);
  BOOST_TEST(incomplete_beta(2, 3, 1, 0) == 1);
}

BOOST_AUTO_TEST_CASE(tables_that_agree_and_tables_that_say_nothing) {
  const PooledEstimate certain = pooled({2, 2, 2}, {0, 0, 0}, 9);  // a column that is constant
  BOOST_TEST(certain.low == 2);
  BOOST_TEST(certain.high == 2);
  BOOST_TEST(certain.missing_information == 0);
  const PooledEstimate none = pooled({1, 2}, {0, 0}, 9);  // all of the variance is between them
  BOOST_TEST(none.degrees == 0);
  BOOST_TEST(std::isnan(none.low));
  BOOST_TEST(none.missing_information == 1);
  BOOST_TEST(contains(error_of([] { pooled({1}, {1}, 9); }), "at least two"));
  BOOST_TEST(contains(error_of([] { pooled({1, 2}, {1}, 9); }), "as many variances"));
}

// 400 tables of 40 rows from N(5, 1), half of the entries missing, and imputed properly: with draws from the posterior predictive
// distribution of what is there. The pooled 95% interval covers the mean in 95% of them (standard error 1.1%), and the fraction of
// missing information is near one half.
BOOST_AUTO_TEST_CASE(the_pooled_interval_covers_a_known_mean) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> normal;
  constexpr int tables = 400, rows = 40, known = 20, draws = 20;
  std::chi_squared_distribution<double> chi(known - 1);
  int covered = 0;
  double missing = 0;
  for (int t = 0; t < tables; ++t) {
    std::vector<double> x;
    for (int i = 0; i < known; ++i) x.push_back(5 + normal(engine));
    const Estimate there = estimate_of(x);
    std::vector<double> means, variances;
    for (int m = 0; m < draws; ++m) {
      const double sd = there.standard_error * std::sqrt(double(known) * (known - 1) / chi(engine));
      const double mean = there.mean + sd / std::sqrt(double(known)) * normal(engine);
      std::vector<double> filled = x;
      while (filled.size() < rows) filled.push_back(mean + sd * normal(engine));
      const Estimate e = estimate_of(filled);
      means.push_back(e.mean), variances.push_back(e.standard_error * e.standard_error);
    }
    const PooledEstimate p = pooled(means, variances, rows - 1);
    covered += p.low < 5 && 5 < p.high;
    missing += p.missing_information / tables;
  }
  const Estimate share = share_of(covered, tables);
  BOOST_TEST(std::abs(share.mean - 0.95) < 3 * share.standard_error);
  BOOST_TEST(std::abs(missing - 0.5) < 0.06);
}

// Scores of forecasts that are known by draws, against closed forms: they are fair for any number of draws. The probability integral
// transform of exact draws is uniform.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>

#include "data_helpers.hpp"
#include "metrics/forecast_scores.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

std::vector<float> normal_draws(std::mt19937_64& engine, int64_t n, double mean = 0, double deviation = 1) {
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<float> out;
  for (int64_t i = 0; i < n; ++i) out.push_back(float(normal(engine)));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_crps_of_a_normal_distribution_is_its_integral) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/pooling.json");
  for (const auto golden = nlohmann::json::parse(file); const auto& c : golden["normal_crps"])
    BOOST_TEST(std::abs(normal_crps(c["y"], c["mean"], c["deviation"]) - double(c["crps"])) < 1e-10);
  BOOST_TEST(normal_crps(2, 5, 0) == 3);
  // A perfect forecast of a unit normal scores 1/sqrt(pi) on average, any other one more.
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  const auto score = [&](double deviation) { return normal_crps(normal(engine), 0, deviation); };
  BOOST_TEST(std::abs(deviation(20000, std::numbers::inv_sqrtpi, [&](int64_t) { return score(1); })) < 4);
  BOOST_TEST(deviation(20000, std::numbers::inv_sqrtpi, [&](int64_t) { return score(0.5); }) > 10);
  BOOST_TEST(deviation(20000, std::numbers::inv_sqrtpi, [&](int64_t) { return score(2); }) > 10);
}

// Means over 4000 forecasts each, within four standard errors; with two draws a plain estimate would be off by far more.
BOOST_AUTO_TEST_CASE(the_crps_of_draws_is_fair) {
  std::mt19937_64 engine(2);
  for (const int64_t m : {2, 5, 100})
    for (const double truth : {0.3, 2.5}) {
      const double off = deviation(4000, normal_crps(truth, 0.5, 1.2), [&](int64_t) {
        auto draws = normal_draws(engine, m, 0.5, 1.2);
        std::sort(draws.begin(), draws.end());
        return fair_crps(draws, truth);
      });
      BOOST_TEST(std::abs(off) < 4, m << " draws, truth " << truth << ": off by " << off << " standard errors");
    }
  BOOST_TEST(std::abs(fair_crps(std::vector<float>{1, 2, 4}, 3) - (4.0 / 3 - 1)) <
             1e-12);  // mean gap 2, halved
}

BOOST_AUTO_TEST_CASE(the_energy_score_is_fair) {
  // E|X| of N(0, I) in d dimensions is sqrt(2) G((d + 1) / 2) / G(d / 2), and E|X - X'| is sqrt(2) times that.
  std::mt19937_64 engine(3);
  for (const int64_t d : {1, 3, 20})
    for (const int64_t m : {2, 30}) {
      const double length =
          std::sqrt(2.0) * std::exp(std::lgamma((double(d) + 1) / 2) - std::lgamma(double(d) / 2));
      const std::vector<float> truth(size_t(d), 0);
      const double off = deviation(3000, length * (1 - std::sqrt(0.5)), [&](int64_t) {
        return fair_energy_score(normal_draws(engine, m * d), truth);
      });
      BOOST_TEST(std::abs(off) < 4, d << " columns, " << m << " draws: off by " << off << " standard errors");
    }
  // Of one column it is the CRPS.
  auto draws = normal_draws(engine, 50);
  std::sort(draws.begin(), draws.end());
  BOOST_TEST(std::abs(fair_energy_score(draws, std::vector<float>{0.4f}) - fair_crps(draws, 0.4f)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(the_brier_score_is_fair) {
  for (const int m : {2, 7, 40})
    for (const double p : {0.1, 0.5, 0.85})
      for (const bool truth : {false, true}) {
        double expected = 0, probability = std::pow(1 - p, m);  // of no hits; then one after the other
        for (int hits = 0; hits <= m; ++hits) {
          expected += probability * fair_brier(hits, m, truth);
          probability *= p / (1 - p) * double(m - hits) / double(hits + 1);
        }
        BOOST_TEST(std::abs(expected - (p - truth) * (p - truth)) < 1e-12);
      }
}

// The truth of a perfect forecast falls into each of the M + 1 pieces equally often: then the coverage is the nominal one.
BOOST_AUTO_TEST_CASE(the_expected_coverage_is_nominal_for_any_number_of_draws) {
  for (const int m : {2, 3, 10, 100, 101})
    for (const double p : {0.5, 0.9, 0.95}) {
      double covered = 0;
      for (int below = 0; below <= m; ++below)
        covered += PitInterval{below / (m + 1.0), (below + 1) / (m + 1.0)}.covered(p) / (m + 1);
      BOOST_TEST(std::abs(covered - p) < 1e-12);
    }
  const PitInterval tied = pit_interval(std::vector<float>{1, 2, 2, 3}, 2);
  BOOST_TEST(std::abs(tied.low - 0.2) < 1e-12);
  BOOST_TEST(std::abs(tied.high - 0.8) < 1e-12);
  BOOST_TEST(std::abs(tied.covered(0.5) - 5.0 / 6) < 1e-12);
}

// Counts in 11 bins of 20,000 exact forecasts: chi-squared with 10 degrees of freedom, standard deviation 4.5; also where most
// draws tie.
BOOST_AUTO_TEST_CASE(the_pit_of_exact_draws_is_uniform) {
  std::mt19937_64 engine(4);
  std::uniform_real_distribution<double> uniform;
  for (const bool whole : {false, true}) {
    constexpr int bins = 11, n = 20000, m = 7;
    std::vector<double> counts(bins, 0);
    for (int i = 0; i < n; ++i) {
      auto draws = normal_draws(engine, m + 1);
      if (whole)
        for (float& v : draws) v = std::round(v);
      const PitInterval pit = pit_interval(std::span(draws).first(m), draws[m]);
      ++counts[size_t((pit.low + uniform(engine) * (pit.high - pit.low)) * bins)];
    }
    double chi = 0;
    for (const double c : counts) chi += std::pow(c - double(n) / bins, 2) / (double(n) / bins);
    BOOST_TEST(chi < 10 + 4 * 4.5);
    BOOST_TEST(chi > 1);
  }
}

BOOST_AUTO_TEST_CASE(the_error_of_a_grouped_mean_is_that_of_its_groups) {
  const std::vector<double> values{1, 4, 2, 8};
  const Estimate plain = estimate_of(values), single = grouped_mean(values, {1, 1, 1, 1}),
                 doubled = grouped_mean({2, 8, 4, 16}, {2, 2, 2, 2}),  // each value twice says no more
      some = grouped_mean({1, 0, 4, 2, 8}, {1, 0, 1, 1, 1});           // a group without values is none
  for (const Estimate& e : {single, doubled, some}) {
    BOOST_TEST(std::abs(e.mean - plain.mean) < 1e-12);
    BOOST_TEST(std::abs(e.standard_error - plain.standard_error) < 1e-12);
  }
  BOOST_TEST(std::isnan(grouped_mean({0}, {0}).mean));
  BOOST_TEST(std::isnan(grouped_mean({3}, {2}).standard_error));
  BOOST_TEST(grouped_mean({3}, {2}).mean == 1.5);
}

// Distributions that the analytic optimum obeys whatever the covariance, and its averages over all and over sampled masks.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "cvae/optimum.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_CASE(the_law_of_total_variance) {
  for (const std::int64_t rank : {2, 6}) {
    const Matrix sigma = random_covariance(6, rank, 8);
    const Mask mask{false, true, false, true, true, false};
    const ConditionalGaussian g = condition_on(sigma, mask);
    const auto& [given, withheld] = g.columns;
    const Matrix of_mean =
        product(product(g.regression, submatrix(sigma, given, given)), transpose(g.regression));
    for (std::int64_t r = 0; r < 3; ++r)
      for (std::int64_t c = 0; c < 3; ++c)
        BOOST_TEST(std::abs(g.covariance(r, c) + of_mean(r, c) - sigma(withheld[r], withheld[c])) < 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(scales_permutations_and_more_knowledge) {
  const std::int64_t d = 5;
  const Matrix sigma = random_covariance(d, d, 11);
  const double beta = 0.7, t = 3.25;
  const GaussianOptimum bound = optimum_of(sigma, beta);
  BOOST_TEST(optimum_of(scaled(sigma, t), t * beta).average().loss == t * bound.average().loss,
             tt::tolerance(1e-12));
  BOOST_TEST(bound.at(Mask(d, true)).loss == 0);

  const std::vector<std::int64_t> order{3, 0, 4, 1, 2};
  const GaussianOptimum permuted = optimum_of(submatrix(sigma, order, order), beta);
  for (int bits = 0; bits < 32; ++bits) {
    Mask mask(d), moved(d);
    for (int i = 0; i < d; ++i) mask[i] = (bits >> i) & 1;
    for (int i = 0; i < d; ++i) moved[i] = mask[order[i]];
    BOOST_TEST(std::abs(permuted.at(moved).loss - bound.at(mask).loss) < 1e-12);
    for (int i = 0; i < d; ++i) {  // to be given one column more never costs anything
      Mask more = mask;
      more[i] = true;
      BOOST_TEST(bound.at(more).loss <= bound.at(mask).loss + 1e-12);
    }
    const Optimum b = bound.at(mask);
    BOOST_TEST(b.loss == b.distortion + beta * b.kl, tt::tolerance(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(averages_agree_with_one_another) {
  const std::int64_t d = 6;
  const GaussianOptimum bound = optimum_of(random_covariance(d, 4, 5), 0.8);
  const std::vector<AverageOptimum> counts = bound.per_count();
  for (const double p : {0.0, 0.5, 0.2, 1.0}) {
    double loss = 0, kl = 0, active = 0, choose = 1;
    for (int k = 0; k <= d; choose = choose * (d - k) / (k + 1), ++k) {
      const double weight = choose * std::pow(p, k) * std::pow(1 - p, d - k);
      loss += weight * counts[k].loss, kl += weight * counts[k].kl, active += weight * counts[k].active;
    }
    const AverageOptimum mean = bound.average(p);
    BOOST_TEST(std::abs(mean.loss - loss) < 1e-12);
    BOOST_TEST(std::abs(mean.kl - kl) < 1e-12);
    BOOST_TEST(std::abs(mean.active - active) < 1e-12);
  }
  for (const AverageOptimum& c : counts) {
    double sum = 0;
    for (const double kl : c.kl_per_latent) sum += kl;
    BOOST_TEST(std::abs(sum - c.kl) < 1e-12);
    BOOST_TEST(std::is_sorted(c.kl_per_latent.rbegin(), c.kl_per_latent.rend()));
  }
}

BOOST_AUTO_TEST_CASE(sampled_masks_agree_with_all_masks) {
  const GaussianOptimum bound = optimum_of(random_covariance(8, 8, 6), 0.9);
  const AverageOptimum all = bound.average(0.3), some = bound.average(0.3, 200, 7);
  BOOST_TEST(all.masks == 256);
  BOOST_TEST(some.masks == 200);
  BOOST_TEST(some.loss_stderr > 0);
  BOOST_TEST(std::abs(some.loss - all.loss) < 4 * some.loss_stderr);
  BOOST_TEST(bound.average(0.3, 200, 7).loss == some.loss);
  BOOST_TEST(bound.average(0.3, 200, 8).loss != some.loss);
  const AverageOptimum four = bound.at_count(4), few = bound.at_count(4, 40, 7);
  BOOST_TEST(few.masks == 40);
  BOOST_TEST(std::abs(few.loss - four.loss) < 4 * few.loss_stderr);
}

BOOST_AUTO_TEST_CASE(hundreds_of_columns) {
  const std::int64_t d = 120;
  const GaussianOptimum bound = optimum_of(identity(d), 1);
  const AverageOptimum mean = bound.average(0.5, 50);
  BOOST_TEST(std::abs(mean.loss - 0.5 * double(d) / 2 * (1 + std::log(2.0))) < 4 * mean.loss_stderr);
  // A mask costs (1 + ln 2)/2 per withheld column; the standard deviation of their number is sqrt(d)/2.
  BOOST_TEST(mean.loss_stderr == 0.5 * (1 + std::log(2.0)) * std::sqrt(double(d)) / 2 / std::sqrt(50.0),
             tt::tolerance(0.4));
  BOOST_TEST(bound.at_count(d / 2, 3).loss == 0.5 * double(d) / 2 * (1 + std::log(2.0)), tt::tolerance(1e-12));
  BOOST_TEST(bound.at_count(d - 1).masks == d);
}

BOOST_AUTO_TEST_CASE(a_uniform_probability_makes_every_count_equally_likely) {
  for (const std::int64_t d : {1, 5, 8}) {
    const GaussianOptimum bound = optimum_of(random_covariance(d, d, 12), 0.8);
    double loss = 0, distortion = 0, kl = 0, active = 0;
    for (const AverageOptimum& c : bound.per_count()) {
      loss += c.loss / double(d + 1), distortion += c.distortion / double(d + 1);
      kl += c.kl / double(d + 1), active += c.active / double(d + 1);
    }
    const AverageOptimum mean = bound.average_uniform();
    BOOST_TEST(mean.loss == loss, tt::tolerance(1e-12));
    BOOST_TEST(mean.distortion == distortion, tt::tolerance(1e-12));
    BOOST_TEST(mean.kl == kl, tt::tolerance(1e-12));
    BOOST_TEST(mean.active == active, tt::tolerance(1e-12));
    BOOST_TEST(mean.loss_stderr == 0);
  }
}

// The analytic optimum when entries are missing: against the optimum of the observed columns alone, against brute force over
// all that may be missing, and against a simulated code whose decoder is given the mask of missing entries.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "base/parallel.hpp"
#include "cvae/optimum.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

/// The bits of `code` as a mask [d].
Mask mask_of(int code, std::int64_t d) {
  Mask mask(d);
  for (std::int64_t i = 0; i < d; ++i) mask[i] = (code >> i) & 1;
  return mask;
}

/// The optimum of a row that has only its observed columns, as a smaller set that has nothing missing.
Optimum of_smaller_set(const Matrix& sigma, double beta, const Mask& mask, const Mask& observed) {
  std::vector<std::int64_t> there;
  Mask given;
  for (std::size_t i = 0; i < mask.size(); ++i)
    if (observed[i]) there.push_back(std::int64_t(i)), given.push_back(mask[i]);
  if (there.empty()) return {};
  return optimum_of(submatrix(sigma, there, there), beta).at(given);
}

/// Calls visit(mask, observed, probability) for all that a row may show.
template <class Visit>
void for_each_row(std::int64_t d, double p_given, const MissingDistribution& distribution, const Visit& visit) {
  for (const bool incomplete : {false, true})
    for (int there = 0; there < 1 << d; ++there)
      for (int given = 0; given < 1 << d; ++given) {
        if (given & ~there) continue;
        const double q = incomplete ? distribution.entries : 0;
        double p = incomplete ? distribution.rows : 1 - distribution.rows;
        for (std::int64_t i = 0; i < d; ++i)
          p *= !((there >> i) & 1) ? q : (1 - q) * ((given >> i) & 1 ? p_given : 1 - p_given);
        visit(mask_of(given, d), mask_of(there, d), p);
      }
}

/// Rows of a Set with missing entries: their values are NaN, and they are withheld.
struct SetWithMissing : Set {
  std::vector<float> observed;
  SetWithMissing(std::int64_t d, std::int64_t rank, std::int64_t rows, std::uint64_t seed,
                 const MissingDistribution& distribution)
      : Set(d, rank, rows, seed) {
    std::mt19937_64 engine(seed + 1);
    std::uniform_real_distribution<double> uniform;
    for (std::int64_t r = 0; r < rows; ++r) {
      const double q = uniform(engine) < distribution.rows ? distribution.entries : 0;
      for (std::int64_t i = r * d; i < (r + 1) * d; ++i) {
        observed.push_back(uniform(engine) < q ? 0.0f : 1.0f);
        if (observed[i] == 1) continue;
        mask[i] = 0;
        x[i] = std::numeric_limits<float>::quiet_NaN();
      }
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(missing_columns_are_as_if_they_did_not_exist) {
  for (const std::int64_t rank : {2, 4}) {
    const Matrix sigma = random_covariance(4, rank, 3);
    const GaussianOptimum bound = optimum_of(sigma, 0.6);
    int compared = 0;
    for_each_row(4, 0.5, {0, 0}, [&](const Mask& mask, const Mask& observed, double) {
      const Optimum b = bound.at(mask, observed), other = of_smaller_set(sigma, 0.6, mask, observed);
      BOOST_TEST(std::abs(b.loss - other.loss) < 1e-11);
      BOOST_TEST(std::abs(b.kl - other.kl) < 1e-11);
      BOOST_TEST(b.active == other.active);
      ++compared;
    });
    BOOST_TEST(compared == 2 * 81);
    for (int given = 0; given < 16; ++given)  // nothing missing: the same bits
      BOOST_TEST(bound.at(mask_of(given, 4), Mask(4, true)).loss == bound.at(mask_of(given, 4)).loss);
  }
}

BOOST_AUTO_TEST_CASE(knowing_more_costs_no_more_and_less_to_tell_costs_no_more) {
  const GaussianOptimum bound = optimum_of(random_covariance(4, 4, 12), 0.5);
  for_each_row(4, 0.5, {0, 0}, [&](const Mask& mask, const Mask& observed, double) {
    const double loss = bound.at(mask, observed).loss;
    for (int i = 0; i < 4; ++i) {
      if (!observed[i] || mask[i]) continue;  // a withheld column: given, or missing
      Mask more = mask, fewer = observed;
      more[i] = true, fewer[i] = false;
      BOOST_TEST(bound.at(more, observed).loss <= loss + 1e-12);
      BOOST_TEST(bound.at(mask, fewer).loss <= loss + 1e-12);
    }
  });
}

BOOST_AUTO_TEST_CASE(averages_against_brute_force) {
  const std::int64_t d = 3;
  const Matrix sigma = random_covariance(d, d, 4);
  const double beta = 0.7;
  const GaussianOptimum bound = optimum_of(sigma, beta);
  for (const double p : {0.5, 0.2, 0.0, 1.0})
    for (const MissingDistribution distribution :
         {MissingDistribution{1, 0.5}, {0.5, 0.3}, {0.25, 0.9}, {0.5, 1}}) {
      Optimum mean;
      std::vector<double> mass(d + 1, 0.0), loss(d + 1, 0.0), kl(d + 1, 0.0);
      for_each_row(d, p, distribution, [&](const Mask& mask, const Mask& observed, double weight) {
        const Optimum b = of_smaller_set(sigma, beta, mask, observed);
        mean.loss += weight * b.loss, mean.kl += weight * b.kl, mean.active += weight * b.active;
        const auto k = std::count(mask.begin(), mask.end(), true);
        mass[k] += weight, loss[k] += weight * b.loss, kl[k] += weight * b.kl;
      });
      BOOST_TEST_CONTEXT("given " << p << ", rows " << distribution.rows << ", entries "
                                  << distribution.entries) {
        const AverageOptimum average = bound.average(p, 1024, 1, distribution);
        BOOST_TEST(average.loss_stderr == 0);
        BOOST_TEST(average.masks == 8 + 27);
        BOOST_TEST(std::abs(average.loss - mean.loss) < 1e-12);
        BOOST_TEST(std::abs(average.kl - mean.kl) < 1e-12);
        BOOST_TEST(std::abs(average.active - mean.active) < 1e-12);
        for (std::int64_t k = 0; k <= d; ++k) {
          if (mass[k] == 0) continue;
          const AverageOptimum count = bound.at_count(k, 1024, 1, distribution, p);
          BOOST_TEST(std::abs(count.loss - loss[k] / mass[k]) < 1e-12);
          BOOST_TEST(std::abs(count.kl - kl[k] / mass[k]) < 1e-12);
          double sum = 0;
          for (const double latent : count.kl_per_latent) sum += latent;
          BOOST_TEST(std::abs(sum - count.kl) < 1e-12);
        }
      }
    }
}

BOOST_AUTO_TEST_CASE(a_count_with_p_given_0_is_a_subset_in_rows_that_show_it) {
  const std::int64_t d = 3;
  const Matrix sigma = random_covariance(d, d, 4);
  const GaussianOptimum bound = optimum_of(sigma, 0.7);
  for (const MissingDistribution distribution : {MissingDistribution{1, 0.5}, {0.5, 0.3}}) {
    std::vector<double> mass(d + 1, 0.0), loss(d + 1, 0.0);
    // P(observed) is the sum over what is given of it; with p_given = 0 only nothing is.
    for_each_row(d, 0, distribution, [&](const Mask&, const Mask& observed, double weight) {
      if (weight == 0) return;
      for (int code = 0; code < 1 << d; ++code) {
        const Mask subset = mask_of(code, d);
        bool shown = true;
        for (int i = 0; i < d; ++i) shown &= observed[i] || !subset[i];
        if (!shown) continue;
        const auto k = std::count(subset.begin(), subset.end(), true);
        mass[k] += weight, loss[k] += weight * of_smaller_set(sigma, 0.7, subset, observed).loss;
      }
    });
    for (std::int64_t k = 0; k <= d; ++k)
      BOOST_TEST(std::abs(bound.at_count(k, 1024, 1, distribution, 0).loss - loss[k] / mass[k]) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(a_law_that_leaves_nothing_out_changes_nothing) {
  const GaussianOptimum bound = optimum_of(random_covariance(5, 5, 4), 0.7);
  for (const MissingDistribution distribution : {MissingDistribution{0, 0.5}, {0.5, 0}}) {
    BOOST_TEST(bound.average(0.3, 1024, 1, distribution).loss == bound.average(0.3).loss);
    BOOST_TEST(bound.at_count(2, 1024, 1, distribution, 0.9).loss == bound.at_count(2).loss);
  }
}

BOOST_AUTO_TEST_CASE(sampled_patterns_agree_with_all_patterns) {
  const GaussianOptimum bound = optimum_of(random_covariance(6, 6, 6), 0.9);
  const MissingDistribution distribution{0.6, 0.4};
  const AverageOptimum all = bound.average(0.3, 1 << 20, 1, distribution),
                       some = bound.average(0.3, 700, 7, distribution);
  BOOST_TEST(all.masks == 64 + 729);
  BOOST_TEST(some.masks == 700);
  BOOST_TEST(some.loss_stderr > 0);
  BOOST_TEST(std::abs(some.loss - all.loss) < 4 * some.loss_stderr);
  BOOST_TEST(bound.average(0.3, 700, 7, distribution).loss == some.loss);
  for (const std::int64_t max_masks : {10, 100})  // fewer and more than the 15 subsets of two columns
    for (const std::int64_t given : {0, 2, 5}) {
      const AverageOptimum exact = bound.at_count(given, 1 << 20, 1, distribution, 0.3);
      double sum = 0, variance = 0;
      for (int seed = 0; seed < 50; ++seed) {
        const AverageOptimum few =
            bound.at_count(given, max_masks, std::uint64_t(seed) * 1000, distribution, 0.3);
        BOOST_TEST(few.masks == (few.loss_stderr > 0 ? max_masks : exact.masks));
        sum += few.loss / 50, variance += few.loss_stderr * few.loss_stderr / 2500;
      }
      BOOST_TEST(std::abs(sum - exact.loss) <= 4 * std::sqrt(variance) + 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(rows_average_to_the_bound_and_missing_values_are_not_looked_at) {
  const MissingDistribution distribution{0.7, 0.5};
  const double beta = 0.8;
  for (const std::int64_t rank : {2, 4}) {
    const SetWithMissing set(4, rank, 40000, 21, distribution);
    const GaussianOptimum bound(set.mean, set.covariance(), beta);
    const std::vector<LossTerms<double>> rows =
        bound.optimal_rows(set.x.data(), set.mask.data(), set.rows, set.observed.data());
    std::vector<double> loss, kl;
    std::vector<std::vector<double>> by_count(5);
    for (std::int64_t r = 0; r < set.rows; ++r) {
      BOOST_REQUIRE(std::abs(rows[r].loss - rows[r].distortion - beta * rows[r].kl) < 1e-9);
      loss.push_back(rows[r].loss), kl.push_back(rows[r].kl);
      by_count[std::count(&set.mask[4 * r], &set.mask[4 * r] + 4, 1.0f)].push_back(rows[r].loss);
    }
    const auto check = [](const std::vector<double>& values, double truth) {
      const MeanAndError m = mean_and_error(values);
      BOOST_TEST_MESSAGE("mean " << m.mean << " +- " << m.error << ", bound " << truth);
      BOOST_TEST(std::abs(m.mean - truth) <= 4 * m.error);
    };
    const AverageOptimum expected = bound.average(0.5, 1024, 1, distribution);
    check(loss, expected.loss), check(kl, expected.kl);
    for (std::int64_t k = 0; k <= 4; ++k) check(by_count[k], bound.at_count(k, 1024, 1, distribution).loss);
    BOOST_TEST(bound.optimal_row(&set.x[4], &set.mask[4], &set.observed[4]).loss == rows[1].loss);
  }
}

// An encoder and a decoder that are both given the mask of present entries, in the space of the columns: the code goes along the principal
// axes of what is withheld and observed. Its loss, with the encoder's noise drawn, averages to the optimum.
BOOST_AUTO_TEST_CASE(a_simulated_code_attains_the_bound) {
  const double beta = 0.4;
  const SetWithMissing set(3, 3, 30000, 8, {1, 0.4});
  const Matrix sigma = set.covariance();
  std::mt19937_64 engine(5);
  std::normal_distribution<double> normal;
  std::vector<double> losses;
  double kl_sum = 0;
  for (std::int64_t r = 0; r < set.rows; ++r) {
    Mask mask, observed;
    for (std::int64_t i = 3 * r; i < 3 * r + 3; ++i)
      mask.push_back(set.mask[i] == 1), observed.push_back(set.observed[i] == 1);
    const ConditionalGaussian g = condition_on(sigma, mask, observed);
    const auto& [given, withheld] = g.columns;
    std::vector<double> residual;  // what the condition does not tell of the withheld columns
    for (std::size_t i = 0; i < withheld.size(); ++i) {
      double prediction = set.mean[withheld[i]];
      for (std::size_t j = 0; j < given.size(); ++j)
        prediction +=
            g.regression(std::int64_t(i), std::int64_t(j)) * (set.x[3 * r + given[j]] - set.mean[given[j]]);
      residual.push_back(set.x[3 * r + withheld[i]] - prediction);
    }
    const EigenSystem e = symmetric_eigen(g.covariance);
    double kl = 0, distortion = 0;
    for (std::size_t k = 0; k < withheld.size(); ++k) {
      double u = 0;
      for (std::size_t i = 0; i < withheld.size(); ++i)
        u += e.vectors(std::int64_t(k), std::int64_t(i)) * residual[i];
      const bool active = e.values[k] > beta / 2;
      const double s2 = active ? beta / (2 * e.values[k]) : 1, gain = std::sqrt((1 - s2) / e.values[k]);
      const double z = gain * u + std::sqrt(s2) * normal(engine);
      distortion += std::pow(u - gain * e.values[k] * z, 2);
      kl += (gain * gain * u * u + s2 - 1 - std::log(s2)) / 2;
    }
    losses.push_back(distortion + beta * kl);
    kl_sum += kl;
  }
  const AverageOptimum bound = GaussianOptimum(set.mean, sigma, beta).average(0.5, 1024, 1, {1, 0.4});
  const MeanAndError m = mean_and_error(losses);
  BOOST_TEST_MESSAGE("simulated " << m.mean << " +- " << m.error << ", bound " << bound.loss);
  BOOST_TEST(m.error < 0.02 * bound.loss);
  BOOST_TEST(std::abs(m.mean - bound.loss) < 4 * m.error);
  BOOST_TEST(std::abs(kl_sum / double(set.rows) - bound.kl) < 0.02 * bound.kl);
}

BOOST_AUTO_TEST_CASE(threads_and_a_full_cache_change_nothing) {
  // 90 columns: every row has a pattern of its own, more than the cache holds.
  const SetWithMissing set(90, 90, 1500, 3, {0.5, 0.5});
  const int before = num_threads();
  std::vector<LossTerms<double>> first;
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    const GaussianOptimum bound(set.mean, set.covariance(), 1);
    const auto rows = bound.optimal_rows(set.x.data(), set.mask.data(), set.rows, set.observed.data());
    if (first.empty()) first = rows;
    bool same = true;
    for (std::size_t r = 0; r < rows.size(); ++r) same &= rows[r].loss == first[r].loss;
    BOOST_TEST(same);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto says = [](const char* part) {
    return [part](const Error& e) { return std::string(e.what()).find(part) != std::string::npos; };
  };
  const GaussianOptimum bound = optimum_of(identity(2), 1);
  BOOST_CHECK_EXCEPTION(bound.at(Mask{true, false}, Mask{false, true}), Error, says("column 0 is missing"));
  BOOST_CHECK_EXCEPTION(bound.at(Mask(2), Mask(3)), Error, says("for a set of 2"));
  BOOST_CHECK_EXCEPTION(bound.average(0.5, 100, 1, {1.5, 0.5}), Error, says("the share of rows"));
  BOOST_CHECK_EXCEPTION(bound.average(0.5, 100, 1, {0.5, -1}), Error,
                        says("the share of missing entries is -1"));
  BOOST_CHECK_EXCEPTION(bound.at_count(1, 100, 1, {1, 1}), Error, says("no row has 1 given columns"));
  const float x[4] = {}, mask[4] = {1, 0, 1, 0}, observed[4] = {1, 0, 0, 1}, halves[4] = {1, 1, 1, 0.5f};
  BOOST_CHECK_EXCEPTION(bound.optimal_rows(x, mask, 2, observed), Error,
                        says("row 1, column 0: a missing entry"));
  BOOST_CHECK_EXCEPTION(bound.optimal_rows(x, mask, 2, halves), Error, says("observed row 1, column 1: 0.5"));
}

// The optimal model's loss row by row: its average, batches, threads, speed.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <thread>

#include "base/parallel.hpp"
#include "base/stopwatch.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/optimum.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

BOOST_AUTO_TEST_CASE(rows_average_to_the_bound) {
  for (const std::int64_t rank : {2, 4}) {
    const Set set(4, rank, 40000, 21);
    const GaussianOptimum bound(set.mean, set.covariance(), 0.8);
    const AverageOptimum expected = bound.average();
    std::vector<double> loss, distortion, kl;
    for (const LossTerms<double>& r : bound.optimal_rows(set.x.data(), set.mask.data(), set.rows)) {
      BOOST_REQUIRE(std::abs(r.loss - r.distortion - 0.8 * r.kl) < 1e-9);
      loss.push_back(r.loss), distortion.push_back(r.distortion), kl.push_back(r.kl);
    }
    const auto check = [](const std::vector<double>& values, double truth) {
      const MeanAndError m = mean_and_error(values);
      BOOST_TEST_MESSAGE("mean " << m.mean << " +- " << m.error << ", bound " << truth);
      BOOST_TEST(std::abs(m.mean - truth) < 4 * m.error);
    };
    check(loss, expected.loss), check(distortion, expected.distortion), check(kl, expected.kl);
  }
}

BOOST_AUTO_TEST_CASE(edges_of_a_batch) {
  const Set set(3, 3, 5, 1);
  const GaussianOptimum bound(set.mean, set.covariance(), 1);
  BOOST_TEST(bound.optimal_rows(nullptr, nullptr, 0).empty());
  const std::vector<float> all_given(15, 1.0f);
  for (const LossTerms<double>& r : bound.optimal_rows(set.x.data(), all_given.data(), 5))
    BOOST_TEST(r.loss == 0);
  const std::vector<LossTerms<double>> rows = bound.optimal_rows(set.x.data(), set.mask.data(), 5);
  for (int r = 0; r < 5; ++r)
    BOOST_TEST(bound.optimal_row(set.x.data() + 3 * r, set.mask.data() + 3 * r).loss == rows[r].loss);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  // 300 columns: a mask's matrices are large enough that the cache overflows and LAPACK would use threads of
  // its own.
  for (const std::int64_t d : {8, 300}) {
    const Set set(d, d, d == 8 ? 3000 : 100, 3);
    const int before = num_threads();
    std::vector<LossTerms<double>> first;
    for (const int threads : {1, 2, 3}) {
      set_num_threads(threads);
      const GaussianOptimum bound(set.mean, set.covariance(), 1);
      const std::vector<LossTerms<double>> rows = bound.optimal_rows(set.x.data(), set.mask.data(), set.rows);
      if (first.empty()) first = rows;
      bool same = true;
      for (std::size_t r = 0; r < rows.size(); ++r)
        same &= rows[r].loss == first[r].loss && rows[r].kl == first[r].kl;
      BOOST_TEST(same);
    }
    set_num_threads(before);
  }
}

// Where eigenvalues come by themselves and Cholesky factors do the conditioning, the optimum is the same: that of the axes.
BOOST_AUTO_TEST_CASE(wide_sets_have_the_variances_of_their_axes) {
  for (const std::int64_t rank : {5, 300}) {
    const Set set(300, rank, 2, 9);
    for (const std::int64_t given : {0, 3, 140, 299}) {
      Mask mask(300);
      for (std::int64_t i = 0; i < given; ++i) mask[i * 7 % 300] = true;
      const auto alone = principal_variances(set.covariance(), mask),
                 axes = principal_axes(set.covariance(), mask).variances;
      BOOST_TEST_REQUIRE(alone.size() == axes.size());
      BOOST_TEST(std::int64_t(alone.size()) == std::max<std::int64_t>(0, std::min(300 - given, rank - given)));
      for (std::size_t k = 0; k < alone.size(); ++k)
        BOOST_TEST(std::abs(alone[k] - axes[k]) < 1e-9 * (1 + axes[0]));
    }
  }
}

BOOST_AUTO_TEST_CASE(several_threads_may_share_one_bound) {
  const Set set(8, 2, 2000, 4);
  const GaussianOptimum bound(set.mean, set.covariance(), 1);
  std::vector<LossTerms<double>> a, b;
  std::thread other([&] { a = bound.optimal_rows(set.x.data(), set.mask.data(), set.rows); });
  b = bound.optimal_rows(set.x.data(), set.mask.data(), set.rows);
  other.join();
  for (std::size_t r = 0; r < a.size(); ++r) BOOST_REQUIRE(a[r].loss == b[r].loss);
}

BOOST_AUTO_TEST_CASE(a_test_set_takes_a_moment) {
  const Set set(8, 8, 64000, 5);
  const Stopwatch watch;
  const GaussianOptimum bound(set.mean, set.covariance(), 1);
  BOOST_TEST(bound.optimal_rows(set.x.data(), set.mask.data(), set.rows).size() == 64000u);
  const double seconds = watch.seconds();
  BOOST_TEST_MESSAGE("64000 rows of 8 columns, 256 masks: " << seconds << " s");
  BOOST_TEST(seconds < 2);  // about 0.02 s; the limit only catches a cache that does not work
}

// Where the noise is learned, the optimum of a row is -log of its conditional density, and its mean the entropy.
BOOST_AUTO_TEST_CASE(learned_noise_has_the_entropy_as_its_optimum) {
  constexpr double least = 1e-3;  // a variance
  for (const int64_t rank :
       {2, 4}) {  // two factors of four columns: some withheld columns are functions of others
    const Set set(4, rank, 4000, 11);
    const GaussianEntropy entropy(set.mean, set.covariance(), least);
    const auto rows = entropy.optimal_rows(set.x.data(), set.mask.data(), set.rows);
    Batch batch;
    batch.x = Tensor::from(set.x, {set.rows, 4});
    const auto densities = GaussianConditionals({set.mean, set.covariance()})
                               .log_densities(batch, Tensor::from(set.mask, {set.rows, 4}), least);
    std::vector<double> losses;
    for (size_t r = 0; r < rows.size(); ++r) {
      BOOST_TEST(std::abs(rows[r].loss + densities[r]) < 1e-9 * (1 + std::abs(densities[r])));
      losses.push_back(rows[r].loss);
    }
    const AverageOptimum average = entropy.average(0.5);
    const Estimate mean = estimate_of(losses);
    BOOST_TEST(std::abs(mean.mean - average.loss) < 4.5 * mean.standard_error);
    BOOST_TEST((std::isnan(average.kl) && std::isnan(average.active) && average.kl_per_latent.empty()));
  }
  // 1/2 log(2 pi e) for each withheld column of independent unit Gaussians; nothing with all given.
  const GaussianEntropy units({0, 0}, identity(2), 1e-4);
  BOOST_TEST(std::abs(units.at({false, false}).loss - std::log(2 * M_PI * M_E)) < 1e-12);
  BOOST_TEST(units.at({true, true}).loss == 0);
}

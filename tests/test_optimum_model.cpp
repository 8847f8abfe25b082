// The linear-Gaussian model that attains the optimum: a simulation of it against its closed form, models beside
// it, which must all lose more, and what the comparison by pairs gains.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "cvae/optimum.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

/// A linear-Gaussian model along one axis: z = gain u + sqrt(s2) noise, reconstruction = decoder z.
struct AxisModel {
  double gain, s2, decoder;
};

AxisModel optimal_axis_model(double variance, double beta) {
  if (variance <= beta / 2) return {0, 1, 0};
  const double s2 = beta / (2 * variance), gain = std::sqrt((1 - s2) / variance);
  return {gain, s2, gain * variance};
}

/// The exact expected loss of a linear-Gaussian model along an axis of the given variance.
double expected_loss(const AxisModel& m, double variance, double beta) {
  const double left = 1 - m.decoder * m.gain;
  return left * left * variance + m.decoder * m.decoder * m.s2 +
         beta / 2 * (m.gain * m.gain * variance + m.s2 - 1 - std::log(m.s2));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_simulation_of_the_model_agrees_with_its_closed_form) {
  const Set set(5, 5, 60, 22);
  const double beta = 0.8;
  const GaussianOptimum bound(set.mean, set.covariance(), beta);
  const std::vector<LossTerms<double>> rows = bound.optimal_rows(set.x.data(), set.mask.data(), set.rows);
  std::mt19937_64 engine(5);
  std::normal_distribution<double> normal;
  std::vector<double> scores;  // (simulated - closed form) / standard error, row by row
  for (std::int64_t r = 0; r < set.rows; ++r) {
    Mask mask;
    std::vector<double> x;
    for (std::int64_t i = 0; i < set.d; ++i) mask.push_back(set.mask[r * set.d + i] == 1);
    for (std::int64_t i = 0; i < set.d; ++i) x.push_back(set.x[r * set.d + i]);
    // In the space of the columns, not of the axes: the prediction from the given columns plus the decoder's
    // part.
    const ConditionalGaussian g = condition_on(set.covariance(), mask);
    const EigenSystem e = symmetric_eigen(g.covariance);
    const std::int64_t u = g.covariance.rows;
    if (u == 0) continue;
    std::vector<double> residual(u);
    for (std::int64_t i = 0; i < u; ++i) {
      residual[i] = x[g.columns.withheld[i]] - set.mean[g.columns.withheld[i]];
      for (std::size_t j = 0; j < g.columns.given.size(); ++j)
        residual[i] -=
            g.regression(i, std::int64_t(j)) * (x[g.columns.given[j]] - set.mean[g.columns.given[j]]);
    }
    std::vector<double> errors;
    double kl = 0;
    for (int draw = 0; draw < 4000; ++draw) {
      std::vector<double> reconstruction(u, 0.0);
      for (std::int64_t k = 0; k < u; ++k) {
        const AxisModel m = optimal_axis_model(e.values[k], beta);
        double projected = 0;
        for (std::int64_t i = 0; i < u; ++i) projected += e.vectors(k, i) * residual[i];
        const double mu = m.gain * projected, z = mu + std::sqrt(m.s2) * normal(engine);
        for (std::int64_t i = 0; i < u; ++i) reconstruction[i] += e.vectors(k, i) * m.decoder * z;
        if (draw == 0) kl += 0.5 * (mu * mu + m.s2 - 1 - std::log(m.s2));
      }
      double error = 0;
      for (std::int64_t i = 0; i < u; ++i) error += std::pow(residual[i] - reconstruction[i], 2);
      errors.push_back(error);
    }
    BOOST_TEST(std::abs(kl - rows[r].kl) < 1e-9);
    const MeanAndError m = mean_and_error(errors);
    BOOST_TEST(std::abs(m.mean - rows[r].distortion) < 5 * m.error + 1e-9);
    if (m.error > 1e-9) scores.push_back((m.mean - rows[r].distortion) / m.error);
  }
  const MeanAndError all = mean_and_error(scores);
  BOOST_TEST(scores.size() > 20u);
  BOOST_TEST(std::abs(all.mean) < 4 / std::sqrt(double(scores.size())));
}

BOOST_AUTO_TEST_CASE(no_linear_model_beside_the_optimum_is_better) {
  for (const double variance : {0.1, 0.4999, 0.5, 0.5001, 1.0, 4.0, 50.0}) {
    const double beta = 1, best = axis_optimum(variance, beta).loss;
    const AxisModel model = optimal_axis_model(variance, beta);
    BOOST_TEST(std::abs(expected_loss(model, variance, beta) - best) < 1e-12);
    for (const double step : {-0.3, -0.01, 0.01, 0.3}) {
      BOOST_TEST(expected_loss({model.gain + step, model.s2, model.decoder}, variance, beta) > best);
      BOOST_TEST(expected_loss({model.gain, model.s2 * (1 + step), model.decoder}, variance, beta) > best);
      BOOST_TEST(expected_loss({model.gain, model.s2, model.decoder + step}, variance, beta) > best);
    }
    std::mt19937_64 engine(9);
    std::uniform_real_distribution<double> wide(-2, 2), positive(0.01, 2);
    for (int i = 0; i < 20000; ++i)
      BOOST_REQUIRE(expected_loss({wide(engine), positive(engine), 3 * wide(engine)}, variance, beta) > best);
  }
}

BOOST_AUTO_TEST_CASE(an_axis_averages_to_its_bound) {
  // The row's loss is quadratic in u, so that its mean over u ~ N(0, l) is its value at u^2 = l.
  for (const double variance : {0.2, 0.5, 0.51, 1.0, 9.0}) {
    const LossTerms<double> row = axis_row_loss(std::sqrt(variance), variance, 1);
    const Optimum b = axis_optimum(variance, 1);
    BOOST_TEST(std::abs(row.loss - b.loss) < 1e-12);
    BOOST_TEST(std::abs(row.distortion - b.distortion) < 1e-12);
    BOOST_TEST(std::abs(row.kl - b.kl) < 1e-12);
  }
}

BOOST_AUTO_TEST_CASE(pairs_show_a_gap_that_means_do_not) {
  // Two unit Gaussians, beta = 1, and a model a little off the optimum, evaluated with 16 noise draws a row.
  const AxisModel best = optimal_axis_model(1, 1), model{1.06 * best.gain, 0.94 * best.s2, 1.02 * best.decoder};
  const double excess = expected_loss(model, 1, 1) - axis_optimum(1, 1).loss;  // a mean of one withheld column
  std::mt19937_64 engine(12);
  std::normal_distribution<double> normal;
  std::vector<double> losses, differences;
  for (int row = 0; row < 20000; ++row) {
    double loss = 0, optimum = 0;
    for (int column = 0; column < 2; ++column) {
      const double x = normal(engine);
      if (engine() >> 63) continue;  // given
      const double mu = model.gain * x;
      for (int draw = 0; draw < 16; ++draw)
        loss += std::pow(x - model.decoder * (mu + std::sqrt(model.s2) * normal(engine)), 2) / 16;
      loss += 0.5 * (mu * mu + model.s2 - 1 - std::log(model.s2));
      optimum += axis_row_loss(x, 1, 1).loss;
    }
    losses.push_back(loss), differences.push_back(loss - optimum);
  }
  const MeanAndError plain = mean_and_error(losses), paired = mean_and_error(differences);
  BOOST_TEST_MESSAGE("excess " << excess << ", by pairs " << paired.mean << " +- " << paired.error
                               << ", error of the plain mean " << plain.error);
  BOOST_TEST(std::abs(paired.mean - excess) < 4 * paired.error);
  BOOST_TEST(paired.error < plain.error / 5);
}

// The model `linear`: what it takes from the data against the analytic Gaussian, and what it learns against the optimum.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/gaussian.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Json settings(const Json& data) {
  return {{"name", "linear"},
          {"data", data},
          {"condition", {{"given", 0.4}}},
          {"model", {{"kind", "linear"}}},
          {"loss", {{"beta", 0.5}}},
          {"training",
           {{"epochs", 4}, {"batch_rows", 64}, {"schedule", {{"kind", "cosine"}, {"learning_rate", 0.01}}}}}};
}

const Json three_columns = {{"source", "correlated_gaussian"},
                            {"covariance", {{2, 1.2, -0.5}, {1.2, 1.5, 0.3}, {-0.5, 0.3, 1}}},
                            {"train_rows", 32000},
                            {"test_rows", 8000}};

}  // namespace

// Of a wider set: w^T w is the conditional covariance, the axes are orthogonal, the largest comes first.
BOOST_AUTO_TEST_CASE(principal_axes_of_twelve_columns) {
  constexpr int64_t d = 12;
  const Matrix sigma = random_covariance(d, d, 5);
  const Tensor masks = bernoulli({1, 2, 3}, {20, d}, 0.4, DType::float64);
  const Tensor axes = principal_axes(Tensor::from(sigma.values, {d, d}), masks);  // [20, d, d]
  for (int64_t r = 0; r < 20; ++r) {
    Mask mask;
    for (int64_t i = 0; i < d; ++i) mask.push_back(masks.data<double>()[r * d + i] != 0);
    const ConditionalGaussian g = condition_on(sigma, mask);
    const Matrix w(d, d,
                   std::vector<double>(axes.data<double>() + r * d * d, axes.data<double>() + (r + 1) * d * d));
    const Matrix covariance = product(transpose(w), w), between = product(w, transpose(w));
    const auto& withheld = g.columns.withheld;
    for (size_t i = 0; i < withheld.size(); ++i)
      for (size_t j = 0; j < withheld.size(); ++j)
        BOOST_TEST(std::abs(covariance(withheld[i], withheld[j]) - g.covariance(int64_t(i), int64_t(j))) <
                   1e-10);
    for (int64_t i = 0; i < d; ++i) {
      for (int64_t j = 0; j < i; ++j) BOOST_TEST(std::abs(between(i, j)) < 1e-10);
      if (i > 0) BOOST_TEST(between(i, i) <= between(i - 1, i - 1));
      if (mask[size_t(i)]) BOOST_TEST(covariance(i, i) == 0);
    }
  }
}

// With z = 0 the output is the mean of the withheld columns given the others. 32,000 rows give a coefficient to about 0.006.
BOOST_AUTO_TEST_CASE(the_output_at_zero_is_the_conditional_mean) {
  const Experiment e{Config(settings(three_columns))};
  e.model->fit(e.data.train);
  const NoGrad no_grad;
  const std::vector<int64_t> index{0, 1, 2, 3, 4};
  const Batch batch = rows_of(e.data.test, index);
  for (int subset = 0; subset < 8; ++subset) {
    const Mask mask{(subset & 1) != 0, (subset & 2) != 0, (subset & 4) != 0};
    Condition::Drawn drawn;
    e.condition.give(batch, mask, drawn);
    const Tensor y = e.model->decode(Tensor::zeros({5, 3}), drawn.c);
    const ConditionalGaussian g = condition_on(e.data.train.gaussian->covariance, mask);
    for (int64_t r = 0; r < 5; ++r) {
      const float* x = batch.x.data<float>() + r * 3;
      for (size_t u = 0; u < g.columns.withheld.size(); ++u) {
        double expected = 0;
        for (size_t o = 0; o < g.columns.given.size(); ++o)
          expected += g.regression(int64_t(u), int64_t(o)) * x[g.columns.given[o]];
        BOOST_TEST(std::abs(y.data<float>()[r * 3 + g.columns.withheld[u]] - expected) < 0.1);
      }
    }
  }
}

// Within one percent of the optimum after 2,000 steps, and the noise is that of the optimum, beta / 2. Where entries are missing, the
// lower bound may be out of reach, but on this set it is nearly reached.
BOOST_AUTO_TEST_CASE(it_learns_reverse_water_filling) {
  for (const bool missing : {false, true}) {
    Json data = three_columns;
    if (missing) data["missing"] = {{"rows", 0.5}, {"entries", 0.3}};
    Experiment e{Config(settings(data))};
    BOOST_TEST_REQUIRE(bool(e.optimum));
    Training training(e);
    while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
    const RowLosses rows = test_losses(e, 16, true);
    const Estimate excess = estimate_of(rows.excess);
    const double optimum = e.optimum->average(e.condition.given(), 1024, 1, e.data.test.missing).loss;
    BOOST_TEST_MESSAGE("excess " << excess.mean << " +- " << excess.standard_error << " of " << optimum);
    BOOST_TEST(excess.mean < 0.01 * optimum + 3 * excess.standard_error);
    BOOST_TEST(excess.mean > -4 * excess.standard_error);
    const auto state = state_of(*e.model);
    const double unit = state.at("unit").item(), noise = std::exp(state.at("log_noise").item());
    BOOST_TEST(noise * unit * unit == 0.25, boost::test_tools::tolerance(0.1));
  }
}

// So it does where the variances are thousands of times beta, in units that nobody has chosen to suit it.
BOOST_AUTO_TEST_CASE(the_units_of_the_columns_do_not_matter) {
  Json data = three_columns;
  for (Json& row : data["covariance"])
    for (Json& c : row) c = c.get<double>() * 1e5;
  Experiment e{Config(settings(data))};
  BOOST_TEST_REQUIRE(bool(e.optimum));
  Training training(e);
  while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
  const Estimate excess = estimate_of(test_losses(e, 16, true).excess);
  const double optimum = e.optimum->average(e.condition.given(), 1024, 1, e.data.test.missing).loss;
  BOOST_TEST_MESSAGE("excess " << excess.mean << " +- " << excess.standard_error << " of " << optimum);
  BOOST_TEST(std::abs(excess.mean) < 0.01 * optimum + 4 * excess.standard_error);
}

// Rows of which nothing is missing are encoded alike, whether entries may be missing or not: the axes of the posterior are then the
// latents, up to their order.
BOOST_AUTO_TEST_CASE(a_complete_row_where_entries_may_be_missing) {
  Json data = three_columns;
  data["missing"] = 0.3;
  const Experiment e{Config(settings(data))};
  e.model->fit(e.data.train);
  const NoGrad no_grad;
  BOOST_TEST(sizes_of(e.data.train, e.condition, e.loss).input == 6);
  const Tensor x = normal({1, 2, 3}, {20, 3}), mask = bernoulli({1, 2, 4}, {20, 3}, 0.5);
  const Tensor c = concat(mul(x, mask), mask, 1);
  const Posterior with = e.model->encode(concat(x, Tensor::ones({20, 3}), 1), c),
                  without = e.model->encode(x, c);
  BOOST_TEST(max(abs(sub(with.mu, without.mu))).item() < 1e-5);
  BOOST_TEST(max(abs(sub(with.marginals().log_var, without.log_var))).item() < 1e-5);
  // What is under a missing entry is of no effect, and the posterior is wider.
  const Tensor there = bernoulli({1, 2, 5}, {20, 3}, 0.5), lacking = maximum(there, mask);
  const Posterior a = e.model->encode(concat(mul(x, lacking), lacking, 1), c);
  BOOST_TEST(all_finite(a.mu));
  BOOST_TEST(max(abs(sub(a.mu, with.mu))).item() > 1e-3);
  BOOST_TEST(min(sub(a.marginals().log_var, with.marginals().log_var)).item() > -1e-5);
}

BOOST_AUTO_TEST_CASE(refusals) {
  Json json = settings(three_columns);
  json["model"]["latents"] = 4;
  BOOST_TEST(contains(error_of([&] { Experiment{Config(json)}; }), "model.latents: must be"));
  json["model"].erase("latents");
  json["condition"] = {{"kind", "none"}};
  BOOST_TEST(contains(error_of([&] { Experiment{Config(json)}; }),
                      "model.kind: linear expects a condition of columns"));
}

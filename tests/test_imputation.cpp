// Simple imputations and their scores against NumPy; which entries are hidden; what the command is made of.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "autograd/operators.hpp"
#include "autograd/ops.hpp"
#include "cvae/models/gaussian_base.hpp"
#include "cvae/training.hpp"
#include "data/hidden_entries.hpp"
#include "data_helpers.hpp"
#include "experiments/runs/table_recipe.hpp"
#include "metrics/imputation.hpp"
#include "metrics/imputation_scores.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

const Json& golden() {
  static const Json all = read_json(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/imputation.json");
  return all;
}

Tensor float_matrix(const Json& rows) {
  std::vector<float> values;
  for (const Json& row : rows)
    for (const float v : row) values.push_back(v);
  return Tensor::from(values, {int64_t(rows.size()), int64_t(rows[0].size())});
}

void check_near(const Tensor& got, const Json& want) {
  const Tensor expected = float_matrix(want);
  BOOST_TEST_REQUIRE((got.shape() == expected.shape()));
  for (int64_t i = 0; i < got.numel(); ++i)
    BOOST_TEST(std::abs(got.data<float>()[i] - expected.data<float>()[i]) < 2e-5);
}

TableColumns table_of(int64_t rows) {
  TableColumns table;
  table.rows = rows;
  for (int64_t c = 0; c < 4; ++c) {
    TextColumn column;
    column.schema.name = str("c", c);
    column.schema.kind = c < 3 ? FeatureKind::real : FeatureKind::categorical;
    std::vector<float> numbers(static_cast<size_t>(rows));
    fill_normal({1, 2, uint64_t(c)}, numbers.data(), rows);
    if (c < 3) column.numbers.assign(numbers.begin(), numbers.end());
    column.texts = {"a", "b"};
    for (int64_t r = 0; r < rows && c == 3; ++r) column.codes.push_back(numbers[size_t(r)] > 0);
    table.columns.push_back(column);
  }
  return table;
}

double share_hidden(const HiddenEntries& hidden, int64_t column) {
  double n = 0;
  for (int64_t r = 0; r < hidden.rows; ++r) n += hidden.at(r, column);
  return n / double(hidden.rows);
}

}  // namespace

BOOST_AUTO_TEST_CASE(imputations_against_numpy) {
  const Json& g = golden();
  const Tensor x = float_matrix(g.at("x")), there = float_matrix(g.at("observed"));
  const Tensor others = float_matrix(g.at("others")), others_there = float_matrix(g.at("others_observed"));
  check_near(mean_imputation(x, there, x, there), g.at("mean"));
  check_near(nearest_neighbour_imputation(x, there, x, there, 5), g.at("knn"));
  check_near(nearest_neighbour_imputation(others, others_there, x, there, 5), g.at("knn_others"));
  const Json& n = g.at("gaussian");
  Moments m{40, n.at("mean").get<std::vector<double>>(), Matrix(4, 4)};
  for (int64_t i = 0; i < 16; ++i)
    m.covariance.values[size_t(i)] = n.at("covariance")[size_t(i / 4)][size_t(i % 4)];
  const GaussianImputation found = gaussian_imputation(x, there, m);
  check_near(found.values, n.at("values"));
  check_near(found.deviations, n.at("deviations"));
}

BOOST_AUTO_TEST_CASE(scores_against_numpy) {
  const Json& s = golden().at("scores");
  const auto numbers = [&](const char* key) { return s.at(key).get<std::vector<double>>(); };
  const double unit = standard_deviation(numbers("column"));
  BOOST_TEST(std::abs(normalised_rmse(numbers("imputed"), numbers("truth"), unit) -
                      s.at("nrmse").get<double>()) < 1e-12);
  BOOST_TEST(std::abs(normalised_mae(numbers("imputed"), numbers("truth"), unit) - s.at("mae").get<double>()) <
             1e-12);
  const auto a = s.at("categories")[0].get<std::vector<int32_t>>(),
             b = s.at("categories")[1].get<std::vector<int32_t>>();
  BOOST_TEST(falsely_classified(a, b) == s.at("pfc").get<double>());
  BOOST_TEST(std::isnan(normalised_rmse({}, {}, 1)));
  BOOST_TEST(std::isnan(falsely_classified({}, {})));
}

BOOST_AUTO_TEST_CASE(each_mechanism_hides_its_share) {
  const int64_t rows = 20000;
  const TableColumns table = table_of(rows);
  const auto mcar = hide_entries(table, Mechanism::mcar, 0.3, 1),
             mar = hide_entries(table, Mechanism::mar, 0.3, 1),
             mnar = hide_entries(table, Mechanism::mnar, 0.3, 1);
  int64_t whole = 0;
  for (int64_t c = 0; c < 4; ++c) {
    BOOST_TEST(std::abs(share_hidden(mcar, c) - 0.3) < 0.02);
    BOOST_TEST(std::abs(share_hidden(mnar, c) - 0.3) < 0.02);
    whole += share_hidden(mar, c) == 0;
    if (share_hidden(mar, c) > 0) BOOST_TEST(std::abs(share_hidden(mar, c) - 0.3) < 0.02);
  }
  BOOST_TEST(whole == 1);
  // Under mnar large values are hidden more often, under mcar not.
  const auto hidden_mean = [&](const HiddenEntries& hidden) {
    double sum = 0, n = 0;
    for (int64_t r = 0; r < rows; ++r)
      if (hidden.at(r, 0)) sum += table.columns[0].numbers[size_t(r)], n += 1;
    return sum / n;
  };
  BOOST_TEST(std::abs(hidden_mean(mcar)) < 0.05);
  BOOST_TEST(hidden_mean(mnar) > 0.3);
  const TableColumns holes = without(table, mcar);
  for (int64_t r = 0; r < 100; ++r) {
    BOOST_TEST(std::isnan(holes.columns[0].numbers[size_t(r)]) == mcar.at(r, 0));
    BOOST_TEST((holes.columns[3].codes[size_t(r)] < 0) == mcar.at(r, 3));
  }
  BOOST_CHECK_THROW(hide_entries(table, Mechanism::mcar, 1, 1), Error);
}

// Columns 0 and 2 of three are numbers, and outputs 1 and 0 of two say where they lie.
BOOST_AUTO_TEST_CASE(what_a_base_expects) {
  const int64_t rows = 200;  // so many that the prior is that of 3 rows
  const Tensor z = normal({1, 2, 3}, {rows, 2});
  const Tensor x = concat(concat(slice(z, 1, 0, 1), Tensor::full({rows, 1}, 9), 1), sum(z, 1, true), 1);
  Dataset set;
  set.x = Rows(x);
  set.features = real_features(3);
  set.observed = bernoulli({1, 2, 4}, {rows, 3}, 0.8);
  GaussianBase base({1, -1, 0}, 2);
  BOOST_TEST(base.columns() == 2);
  base.fit(set);
  const auto numbers = [&](const Tensor& t) { return concat(slice(t, 1, 0, 1), slice(t, 1, 2, 3), 1); };
  const Moments m = gaussian_em(numbers(x), numbers(set.observed), 1e-4, 60, 3);
  const Tensor mask = set.observed, c = concat(x * mask, mask, 1);
  const Tensor want = gaussian_imputation(numbers(x), numbers(mask), m).values, got = base.expected(c);
  const Tensor added = base.added_to_outputs(c);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < 2; ++k) {
      BOOST_TEST(std::abs(got.data<float>()[2 * r + k] - want.data<float>()[2 * r + k]) < 1e-3);
      BOOST_TEST(added.data<float>()[2 * r + 1 - k] == got.data<float>()[2 * r + k]);
    }
}

// Columns that have nothing to do with each other need a prior that says so; those that depend on each other do not.
BOOST_AUTO_TEST_CASE(the_prior_follows_the_data) {
  const Tensor independent = normal({1, 2, 3}, {60, 12}), common = normal({1, 2, 4}, {60, 1});
  const Tensor dependent = (common + 0.1 * independent) / 1.005;
  const Tensor there = bernoulli({1, 2, 5}, {60, 12}, 0.6);
  BOOST_TEST(best_prior_rows(independent, there) >= 100);
  BOOST_TEST(best_prior_rows(dependent, there) <= 10);
}

// A model with a base starts near the best linear prediction, and one without far from it.
BOOST_AUTO_TEST_CASE(a_model_starts_from_its_base) {
  const auto first_loss = [](const char* base) {
    Experiment e(Config(Json{{"name", "base"},
                             {"data",
                              {{"source", "correlated_gaussian"},
                               {"covariance", {{1, 0.95, 0.9}, {0.95, 1, 0.9}, {0.9, 0.9, 1}}},
                               {"train_rows", 640},
                               {"test_rows", 64},
                               {"missing", 0.2}}},
                             {"model", {{"base", base}, {"encoder", {8}}, {"latents", 2}, {"decoder", {8}}}}}));
    Training training(e);
    training.begin_epoch();
    return training.step(0).distortion;
  };
  BOOST_TEST(first_loss("gaussian") < 0.5 * first_loss("none"));
}

BOOST_AUTO_TEST_CASE(the_recipe_is_that_of_the_experiment) {
  Json file = read_json(std::string(ELBOW_SOURCE_DIR) + "/experiments/table.json");
  for (const char* key : {"$schema", "name", "seed", "data"}) file.erase(key);
  BOOST_TEST((file == table_recipe()));
}

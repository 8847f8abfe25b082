#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "base/parallel.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/selection.hpp"
#include "cvae/training.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/report/latent_space_plot.hpp"
#include "tests/data_helpers.hpp"

using namespace elbow;

namespace {

// Column 0 tells most; column 1 hardly anything more once column 0 is known, although alone it would be second.
constexpr auto gaussian = R"({"name": "small", "seed": 3,
  "data": {"source": "correlated_gaussian", "train_rows": 32000, "test_rows": 6400, "columns": 4,
           "covariance": [[6, 3.1, 0, 0], [3.1, 2, 0, 0], [0, 0, 1.5, 0], [0, 0, 0, 0.8]]},
  "model": {"encoder": [32, 32], "latents": 6, "decoder": [32, 32]},
  "training": {"epochs": 8, "schedule": {"kind": "cosine", "learning_rate": 0.003}}})";

// Repeats what it is given, to which it adds `bias`, and outputs 0 for the rest; `noise` times the latent on top. So the
// losses are known: no KL, and a given column costs bias^2, a withheld one x^2.
struct Repeating : Cvae {
  Tensor bias;  // [d]
  double noise = 0;
  int64_t passes = 0;  // through the decoder
  Posterior encode_here(const Tensor& input, const Tensor&) override {
    const Tensor zero = Tensor::zeros({input.size(0), 1});
    return {zero, zero};
  }
  Tensor decode_here(const Tensor& z, const Tensor& c) override {
    const int64_t d = c.size(1) / 2;
    ++passes;
    return slice(c, 1, 0, d) + slice(c, 1, d, 2 * d) * bias + noise * z;
  }
  int64_t latents() const override { return 1; }
};

std::unique_ptr<Experiment> repeating(const std::vector<float>& bias, double noise) {
  auto e = std::make_unique<Experiment>(Config(Json::parse(gaussian)));
  auto model = std::make_unique<Repeating>();
  model->bias = Tensor::from(bias, {4});
  model->noise = noise;
  e->model = std::move(model);
  e->loss.copies_given = false;  // a given column has a loss
  return e;
}

// The mean of the square of a column over the rows that show it.
double mean_square(const Dataset& set, const std::vector<int64_t>& rows, int64_t column) {
  const auto x = rows_of(set, rows).x.to_vector<double>();
  double sum = 0;
  for (size_t r = 0; r < rows.size(); ++r) sum += x[r * 4 + size_t(column)] * x[r * 4 + size_t(column)];
  return sum / double(rows.size());
}

std::vector<int64_t> order_of(const GreedySelection& s) {
  std::vector<int64_t> order;
  for (size_t i = 1; i < s.steps.size(); ++i) order.push_back(s.steps[i].feature);
  return order;
}

void check_same_bits(const GreedySelection& a, const GreedySelection& b) {
  BOOST_TEST((order_of(a) == order_of(b)));
  for (size_t i = 0; i < a.steps.size(); ++i) {
    BOOST_TEST(a.steps[i].losses.loss.mean == b.steps[i].losses.loss.mean);
    BOOST_TEST(a.steps[i].losses.kl.mean == b.steps[i].losses.kl.mean);
    if (i > 0) BOOST_TEST(a.steps[i].gain.standard_error == b.steps[i].gain.standard_error);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_trained_model_finds_the_exact_order) {
  Experiment e{Config(Json::parse(gaussian))};
  Training training(e);
  while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
  const SelectionSettings settings{2048};
  const GreedySelection found = greedy_selection(e, settings);
  const GreedyOrder exact = greedy_order(e.gaussian_optimum()->covariance(), e.optimum->beta());
  BOOST_TEST_REQUIRE(found.steps.size() == 5U);
  BOOST_TEST_REQUIRE(found.first.size() == 4U);
  BOOST_TEST((order_of(found) == std::vector<int64_t>{0, 2, 3, 1}));
  for (size_t i = 1; i < 5; ++i) {
    BOOST_TEST(found.steps[i].feature == exact.steps[i - 1].column);
    const Estimate loss = found.steps[i].losses.loss;
    BOOST_TEST_MESSAGE("step " << i << ": loss " << loss.mean << " +- " << loss.standard_error << ", exact "
                               << exact.steps[i - 1].optimum.loss);
    BOOST_TEST(loss.mean > exact.steps[i - 1].optimum.loss - 4 * loss.standard_error);
    BOOST_TEST(loss.mean < exact.steps[i - 1].optimum.loss + 0.15 + 4 * loss.standard_error);
    BOOST_TEST(found.steps[i].gain.mean == found.steps[i - 1].losses.loss.mean - loss.mean,
               boost::test_tools::tolerance(1e-9));
  }
  // The table of single features stands in their order, and holds the first step.
  for (int64_t f = 0; f < 4; ++f) BOOST_TEST(found.first[size_t(f)].feature == f);
  BOOST_TEST(found.first[0].losses.loss.mean == found.steps[1].losses.loss.mean);

  // Each step is what one gets by giving its subset to the same rows; the noise is another one here, so that the
  // distortions agree to within their errors only.
  const auto rows = selection_rows(e.data.test, settings.rows);
  const auto subsets = subsets_of(found.steps);
  const Evaluating evaluating(*e.model);
  const Batch batch = rows_of(e.data.test, rows);
  for (size_t i = 0; i < 5; ++i) {
    Condition::Drawn drawn;
    e.condition.give(batch, subsets[i], drawn);
    const Posterior q = e.model->encode(batch.input, drawn.c);
    BOOST_TEST(found.steps[i].losses.kl.mean == gaussian_kl(q.mu, q.log_var).item(),
               boost::test_tools::tolerance(1e-4));
    double distortion = 0;
    for (uint64_t draw = 0; draw < 16; ++draw)
      distortion +=
          distortion_of(e.loss, e.model->decode(reparameterise(q.mu, q.log_var, {77, 1, draw}), drawn.c), batch,
                        drawn.c, false)
              .item() /
          16;
    BOOST_TEST(std::abs(found.steps[i].losses.distortion.mean - distortion) <
               5 * found.steps[i].losses.distortion.standard_error + 1e-6);
  }

  // The same bits at every call and for any number of threads; the same numbers however the candidates are stacked.
  check_same_bits(found, greedy_selection(e, settings));
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    check_same_bits(found, greedy_selection(e, settings));
  }
  set_num_threads(available_threads());
  const GreedySelection single = greedy_selection(e, {2048, 2, 1}),
                        all = greedy_selection(e, {2048, 2, 100000});
  BOOST_TEST((order_of(single) == order_of(all)));
  for (size_t i = 0; i < 5; ++i)
    BOOST_TEST(single.steps[i].losses.loss.mean == all.steps[i].losses.loss.mean,
               boost::test_tools::tolerance(1e-5));
}

// The original chose by the absolute difference: a column that does great harm came first.
BOOST_AUTO_TEST_CASE(a_feature_that_raises_the_loss_comes_last) {
  const auto e = repeating({0, 0, 9, 0}, 0);
  const GreedySelection found = greedy_selection(*e, {640});
  BOOST_TEST((order_of(found) == std::vector<int64_t>{0, 1, 3, 2}));
  const auto rows = selection_rows(e->data.test, 640);
  BOOST_TEST_REQUIRE(rows.size() == 640U);
  BOOST_TEST(rows[1] == 10);  // spread over all 6400
  for (size_t i = 1; i < 5; ++i) {
    const int64_t f = found.steps[i].feature;
    const double gain = mean_square(e->data.test, rows, f) - (f == 2 ? 81 : 0);
    BOOST_TEST(found.steps[i].gain.mean == gain, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(found.steps[i].losses.kl.mean == 0);
  }
}

BOOST_AUTO_TEST_CASE(equal_gains_go_by_index) {
  const auto e = repeating({0, 0, 0, 0}, 0);
  Tensor x = e->data.test.x.tensor();  // all columns alike
  for (int64_t r = 0; r < x.size(0); ++r) std::fill_n(x.data<float>() + r * 4, 4, float(r % 7) - 3);
  BOOST_TEST((order_of(greedy_selection(*e, {640})) == std::vector<int64_t>{0, 1, 2, 3}));
}

// Where a gain does not depend on what else is given, a lazy step needs to try no more than the best of the step before it.
BOOST_AUTO_TEST_CASE(lazy_steps_find_the_same_with_less) {
  const auto e = repeating({0, 0, 9, 0}, 0);
  const int64_t& passes = static_cast<Repeating&>(*e->model).passes;
  SelectionSettings settings{640, 1, 1};  // a candidate is a pass for each 512 rows
  const GreedySelection full = greedy_selection(*e, settings);
  BOOST_TEST(passes == 2 * (1 + 4 + 3 + 2 + 1));
  settings.tried_at_once = 1;
  for (const auto& [every, tried] : {std::pair{100, 1 + 4 + 1 + 1 + 1}, {2, 1 + 4 + 1 + 2 + 1}}) {
    settings.full_step_every = every;
    const int64_t before = passes;
    const GreedySelection lazy = greedy_selection(*e, settings);
    BOOST_TEST(passes - before == 2 * tried);
    check_same_bits(lazy, full);
    BOOST_TEST_REQUIRE(lazy.first.size() == 4U);
    for (size_t f = 0; f < 4; ++f) BOOST_TEST(lazy.first[f].gain.mean == full.first[f].gain.mean);
  }
}

// With the same noise for every candidate, a difference of two losses is known better than from two independent means.
BOOST_AUTO_TEST_CASE(candidates_are_compared_by_pairs) {
  const auto e = repeating({0, 0, 0, 0}, 1);
  const GreedySelection found = greedy_selection(*e, {2048, 1});
  const auto& nothing = found.steps[0].losses.loss;
  for (const SelectionStep& step : found.first) {
    const double unpaired = std::hypot(nothing.standard_error, step.losses.loss.standard_error);
    BOOST_TEST(step.gain.standard_error < 0.8 * unpaired);
    const double gain = mean_square(e->data.test, selection_rows(e->data.test, 2048), step.feature);
    BOOST_TEST(std::abs(step.gain.mean - gain) < 4 * step.gain.standard_error);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_entry_is_never_given) {
  const auto e = repeating({0, 0, 5, 0}, 0);
  Dataset& test = e->data.test;
  test.observed = Tensor::full(test.x.tensor().shape(), 1);
  for (int64_t r = 0; r < test.rows(); ++r) {  // column 2 nowhere, column 0 in every other row
    for (const int64_t column : {int64_t{2}, int64_t{0}})
      if (column == 2 || r % 2 == 0)
        test.observed.data<float>()[r * 4 + column] = test.x.tensor().data<float>()[r * 4 + column] = 0;
  }
  const GreedySelection found = greedy_selection(*e, {6400});
  const auto rows = selection_rows(test, 6400);
  for (const SelectionStep& step : found.first) {
    if (step.feature == 2)
      BOOST_TEST(step.gain.mean == 0);
    else
      BOOST_TEST(step.gain.mean == mean_square(test, rows, step.feature), boost::test_tools::tolerance(1e-5));
  }
  BOOST_TEST(order_of(found).back() == 2);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_selected) {
  Json json = Json::parse(gaussian);
  json["condition"]["kind"] = "none";
  Experiment e{Config(json)};
  BOOST_TEST(test::contains(test::error_of([&] { greedy_selection(e, {10}); }), "not made of features"));
  const auto by_columns = repeating({0, 0, 0, 0}, 0);
  BOOST_TEST(test::contains(test::error_of([&] { greedy_selection(*by_columns, {0}); }), "at least one row"));
}

BOOST_AUTO_TEST_CASE(how_many_rows) {
  Experiment e{Config(Json::parse(gaussian))};
  BOOST_TEST(selection_settings(e).rows == 4096);
  Json json = Json::parse(gaussian);
  json["evaluation"]["selection_rows"] = 77;
  Experiment chosen{Config(json)};
  BOOST_TEST(selection_settings(chosen).rows == 77);
  json["data"] =
      Json::parse(R"({"source": "independent_gaussian", "columns": 106, "train_rows": 640, "test_rows": 640})");
  json["evaluation"].erase("selection_rows");
  Experiment wide{Config(json)};
  BOOST_TEST(selection_settings(wide).rows == 529);  // 3,000,000 / (106 * 107 / 2)
  BOOST_TEST(selection_settings(e).full_step_every == 1);
  BOOST_TEST(selection_settings(wide).full_step_every == 16);
}

BOOST_AUTO_TEST_CASE(rows_of_the_latent_space_keep_their_own_coordinate) {
  Experiment e{Config(Json::parse(R"({"name": "roll",
    "data": {"source": "swiss_roll", "train_rows": 640, "test_rows": 1000},
    "model": {"encoder": [16], "latents": 3, "decoder": [16]}})"))};
  const LatentSpace space = latent_space(e, 300);
  BOOST_TEST_REQUIRE(space.rows.size() == 300U);
  BOOST_TEST_REQUIRE(space.data.size() == 3U);
  const double turn = 2 * std::acos(-1.0);
  for (size_t r = 0; r < 300; ++r) {  // the angle of the point itself tells its coordinate, up to whole turns
    const double angle = std::atan2(space.data[0][r], space.data[1][r]) - space.coordinate[r];
    BOOST_TEST(std::abs(angle - turn * std::round(angle / turn)) < 1e-3);
    BOOST_TEST(space.coordinate[r] == e.data.test.coordinate.data<float>()[space.rows[r]]);
  }
  BOOST_TEST_REQUIRE(space.encoded.size() == 4U);
  for (int64_t given = 0; given <= 3; ++given) {
    const auto& k = space.encoded[size_t(given)];
    BOOST_TEST(k.given == given);
    BOOST_TEST(k.kl_x >= k.kl_y);
    Mask subset(3, false);
    std::fill_n(subset.begin(), given, true);
    const Batch batch = rows_of(e.data.test, space.rows);
    Condition::Drawn drawn;
    e.condition.give(batch, subset, drawn);
    e.model->train(false);
    const auto mu = e.model->encode(batch.input, drawn.c).mu.to_vector<double>();
    for (size_t r = 0; r < 300; ++r) {
      BOOST_TEST(k.x[r] == mu[r * 3 + size_t(k.dimension_x)]);
      BOOST_TEST(k.y[r] == mu[r * 3 + size_t(k.dimension_y)]);
    }
  }
  // Where entries are missing, the rows are those that lack nothing.
  auto repeats = std::make_unique<Repeating>();
  repeats->bias = Tensor::zeros({3});
  e.model = std::move(repeats);
  e.data.test.observed = Tensor::full({1000, 3}, 1);
  for (int64_t r = 0; r < 1000; r += 2) e.data.test.observed.data<float>()[r * 3 + 1] = 0;
  const LatentSpace complete = latent_space(e, 4000);
  BOOST_TEST(complete.rows.size() == 500U);
  for (const int64_t r : complete.rows) BOOST_TEST(r % 2 == 1);
  BOOST_TEST(complete.encoded[0].dimension_y == -1);  // a model of one latent
}

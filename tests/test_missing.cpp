// Missing entries: how they are drawn, and that what stands in their place reaches neither encoder nor condition nor loss.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "data/distribution.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double bound = 4;  // standard errors
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(),
                infinity = std::numeric_limits<float>::infinity();

DataSplit make(const Json& options, uint64_t seed = 1) { return make_data(Config(options, "", "data"), seed); }

std::vector<float> values_of(const Dataset& set) { return set.x.tensor().to_vector<float>(); }
std::vector<float> observed_of(const Dataset& set) { return set.observed.to_vector<float>(); }

// A table of one real column, two binary ones and a value of three categories, with missing values; drawn so that each
// row is as good as any.
Dataset table(int64_t rows, const MissingDistribution& missing) {
  Dataset set;
  set.name = "table";
  set.features = {{"height", FeatureKind::real, 0, 1},
                  {"tall", FeatureKind::binary, 1, 1},
                  {"dark", FeatureKind::binary, 2, 1},
                  {"colour", FeatureKind::categorical, 3, 3}};
  set.missing = missing;
  const Tensor u = uniform({5, 1, 0}, {rows, 4}, -1, 1);
  Tensor x = Tensor::zeros({rows, 6});
  for (int64_t r = 0; r < rows; ++r) {
    const float* from = u.data<float>() + r * 4;
    float* to = x.data<float>() + r * 6;
    to[0] = from[0];
    to[1] = from[1] < 0 ? 0 : 1;
    to[2] = from[2] < 0 ? 0 : 1;
    to[3 + int(1.5f * (from[3] + 1))] = 1;
  }
  set.x = Rows(x);
  draw_missing(set, {5, 2, 0});
  return set;
}

// Writes `garbage` where the set misses an entry.
void spoil(Dataset& set, float garbage) {
  Tensor x = set.x.tensor();
  for (int64_t i = 0; i < x.numel(); ++i)
    if (set.observed.data<float>()[i] == 0) x.data<float>()[i] = garbage;
}

// All that a training step makes of a batch: what the encoder sees, the condition, the losses, every gradient.
std::vector<float> step_of(Cvae& model, const Dataset& set, const Condition& condition,
                           const LossSettings& loss) {
  FlatParameters parameters(model);
  Batches batches(set, 64, LastBatch::drop);
  batches.shuffle({1, 2, 3});
  std::vector<float> all;
  const auto keep = [&](const Tensor& t) {
    const auto v = t.to_vector<float>();
    all.insert(all.end(), v.begin(), v.end());
  };
  const int64_t index[] = {5, 3, 8};
  for (const Batch& batch : {batches.get(1), rows_of(set, index)}) {
    Condition::Drawn drawn;
    condition.draw(batch, {7, 7, 7}, drawn);
    parameters.zero_gradients();
    Tape tape;
    const Elbo losses = elbo(model, batch, drawn.c, loss, {8, 8, 8});
    tape.backward(losses.loss);
    for (const Tensor& t : {batch.x, batch.input, drawn.c, losses.loss, losses.distortion, losses.kl}) keep(t);
    keep(parameters.gradients());
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_missing_leaves_no_trace) {
  Dataset set = table(640, {1, 0.4});
  const Condition condition(Config(Json::object()), set);
  const LossSettings loss = read_loss(Config(Json::object()), set);
  RandomStream dropout(1, 1);
  const auto model = make_model(Config(Json{{"encoder", {16, 16}}, {"latents", 4}, {"decoder", {16}}}),
                                {6, input_columns(set), condition.width()}, 1, dropout);
  const auto clean = step_of(*model, set, condition, loss);
  BOOST_TEST(std::all_of(clean.begin(), clean.end(), [](float v) { return std::isfinite(v); }));
  for (const float garbage : {1e6f, -3.0f, not_a_number, infinity}) {
    spoil(set, garbage);
    BOOST_TEST((step_of(*model, set, condition, loss) == clean), garbage);
  }
  const float* row = set.observed.data<float>() + 5 * 6;  // the control: an entry that is there counts
  const int64_t there = std::find(row, row + 6, 1.0f) - row;
  set.x.tensor().data<float>()[5 * 6 + there] = 17;
  BOOST_TEST((step_of(*model, set, condition, loss) != clean));
}

BOOST_AUTO_TEST_CASE(the_encoder_is_told) {
  const DataSplit data =
      make({{"source", "swiss_roll"}, {"missing", 0.3}, {"train_rows", 100}, {"test_rows", 100}});
  BOOST_TEST(input_columns(data.train) == 6);
  const Batch batch = Batches(data.train, 100, LastBatch::keep).get(0);
  BOOST_TEST((batch.input.shape() == Shape{100, 6}));
  for (int64_t r = 0; r < 100; ++r)
    for (int64_t c = 0; c < 3; ++c) {
      BOOST_REQUIRE(batch.input.data<float>()[r * 6 + c] == values_of(data.train)[size_t(r * 3 + c)]);
      BOOST_REQUIRE(batch.input.data<float>()[r * 6 + 3 + c] == observed_of(data.train)[size_t(r * 3 + c)]);
    }
}

BOOST_AUTO_TEST_CASE(masks_never_give_what_is_missing) {
  const Dataset set = table(2000, {0.8, 0.5});
  const Batch batch = Batches(set, 2000, LastBatch::keep).get(0);
  const auto observed = observed_of(set);
  for (const double given : {0.0, 0.3, 0.5, 1.0}) {
    const Condition condition(Config(Json{{"given", given}}), set);
    Condition::Drawn drawn;
    for (const bool fixed_subset : {false, true}) {
      if (fixed_subset)
        condition.give(batch, Mask{true, false, true, true}, drawn);
      else
        condition.draw(batch, {1, 2, 3}, drawn);
      const float *m = drawn.mask.data<float>(), *c = drawn.c.data<float>();
      int64_t there = 0;
      for (int64_t r = 0; r < 2000; ++r, m += 6, c += 12) {
        for (int64_t i = 0; i < 6; ++i) {
          const bool missing = observed[size_t(r * 6 + i)] == 0;
          BOOST_REQUIRE((!missing || (m[i] == 0 && c[i] == 0 && c[6 + i] == 0)));
          if (!missing && (fixed_subset ? i != 1 : given == 1)) BOOST_REQUIRE(m[i] == 1);
          there += !missing && m[i] == 1;
        }
        BOOST_REQUIRE((m[3] == m[4] && m[4] == m[5]));  // a category as a whole
        BOOST_REQUIRE(condition.count_given(drawn, r) == int64_t(m[0] + m[1] + m[2] + m[3]));
      }
      BOOST_TEST((there > 0) == (fixed_subset || given > 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(distortion_counts_what_is_there) {
  const int64_t rows = 200;
  const Dataset set = table(rows, {0.9, 0.4});
  const Batch batch = Batches(set, rows, LastBatch::keep).get(0);
  const LossSettings loss = read_loss(Config(Json::object()), set);
  Tensor y = normal({1, 2, 3}, {rows, 6});
  y.set_requires_grad(true);
  Tape tape;
  const Tensor mean = distortion_of(loss, y, batch, {}, false);
  tape.backward(mean);
  const auto per_row = distortion_of(loss, y, batch, {}, true).to_vector(), answers = y.to_vector(),
             gradient = y.grad().to_vector();
  const auto x = set.x.tensor().to_vector(), observed = set.observed.to_vector();
  double total = 0;
  for (int64_t r = 0; r < rows; ++r) {
    const double *xr = &x[size_t(r * 6)], *o = &observed[size_t(r * 6)], *yr = &answers[size_t(r * 6)];
    double cost = 0;
    if (o[0] == 1) cost += (xr[0] - yr[0]) * (xr[0] - yr[0]);
    for (const int i : {1, 2}) {
      const double p = 1 / (1 + std::exp(-yr[i]));
      if (o[i] == 1) cost -= xr[i] == 1 ? std::log(p) : std::log(1 - p);
    }
    if (o[3] == 1) {
      const int category = xr[3] == 1 ? 3 : xr[4] == 1 ? 4 : 5;
      cost -= std::log(std::exp(yr[category]) / (std::exp(yr[3]) + std::exp(yr[4]) + std::exp(yr[5])));
    }
    BOOST_REQUIRE(std::abs(per_row[size_t(r)] - cost) < 1e-5);
    total += cost / double(rows);
    for (int64_t i = 0; i < 6; ++i) BOOST_REQUIRE((gradient[size_t(r * 6 + i)] != 0) == (o[i] == 1));
  }
  BOOST_TEST(std::abs(mean.item() - total) < 1e-5);
}

BOOST_AUTO_TEST_CASE(entries_are_missing_as_often_as_was_asked) {
  struct Case {
    Json missing;
    double rows, entries;
  };
  for (const Case& c :
       {Case{0.5, 1, 0.5}, Case{0.1, 1, 0.1}, Case{{{"rows", 0.5}, {"entries", 0.5}}, 0.5, 0.5},
        Case{{{"rows", 0.2}, {"entries", 0.7}}, 0.2, 0.7}, Case{{{"entries", 0.25}}, 1, 0.25}}) {
    const DataSplit data = make({{"source", "correlated_gaussian"}, {"columns", 3}, {"missing", c.missing}});
    const DataSplit whole = make({{"source", "correlated_gaussian"}, {"columns", 3}});
    BOOST_TEST_CONTEXT(c.missing.dump())
    for (const auto& [set, complete] : {std::pair{&data.train, &whole.train}, {&data.test, &whole.test}}) {
      BOOST_TEST((set->missing.rows == c.rows && set->missing.entries == c.entries));
      const auto o = observed_of(*set), x = values_of(*set), all = values_of(*complete);
      const int64_t n = set->rows();
      const auto missing = [&](int64_t r, int64_t i) { return o[size_t(r * 3 + i)] == 0; };
      const auto frequency_is = [&](double p, auto f) {
        BOOST_TEST(std::abs(deviation(n, p, [&](int64_t r) { return f(r) ? 1.0 : 0.0; })) < bound);
      };
      for (int64_t i = 0; i < 3; ++i) {
        frequency_is(c.rows * c.entries, [&](int64_t r) { return missing(r, i); });
        for (int64_t j = 0; j < i; ++j)
          frequency_is(c.rows * c.entries * c.entries,
                       [&](int64_t r) { return missing(r, i) && missing(r, j); });
        // whatever the value: the hidden ones have the mean and the variance of all
        for (const double power : {1.0, 2.0})
          BOOST_TEST(std::abs(deviation(n, 0, [&](int64_t r) {
                       const double v = all[size_t(r * 3 + i)];
                       return missing(r, i) ? (power == 1 ? v : v * v - 1) : 0;
                     })) < bound);
      }
      frequency_is(c.rows * (1 - std::pow(1 - c.entries, 3)),
                   [&](int64_t r) { return missing(r, 0) || missing(r, 1) || missing(r, 2); });
      for (size_t k = 0; k < x.size(); ++k) BOOST_REQUIRE(x[k] == (o[k] == 0 ? 0 : all[k]));
    }
  }
  const Dataset set = table(20000, {0.5, 0.5});  // a category is missing as a whole, as often as a column
  const auto o = observed_of(set);
  for (size_t r = 0; r < 20000; ++r)
    BOOST_REQUIRE((o[r * 6 + 3] == o[r * 6 + 4] && o[r * 6 + 4] == o[r * 6 + 5]));
  for (const size_t i : {0, 1, 3})
    BOOST_TEST(std::abs(deviation(20000, 0.75, [&](int64_t r) { return o[size_t(r) * 6 + i]; })) < bound);
}

BOOST_AUTO_TEST_CASE(nothing_is_missing_unless_asked_for) {
  for (const Json& missing :
       {Json(0), Json(nullptr), Json{{"entries", 0}}, Json{{"rows", 0}, {"entries", 0.5}}}) {
    const DataSplit data = make({{"source", "moons"}, {"missing", missing}});
    BOOST_TEST((!data.train.observed && !data.test.observed));
    BOOST_TEST((values_of(data.train) == values_of(make({{"source", "moons"}}).train)));
    BOOST_TEST(input_columns(data.train) == 2);
  }
}

BOOST_AUTO_TEST_CASE(the_pattern_is_drawn_apart_and_anew) {
  for (const std::string name :
       {"independent_gaussian", "projected_gaussian", "swiss_roll", "circles", "blobs"}) {
    const Json options{
        {"source", name}, {"missing", 0.5}, {"redraw", true}, {"train_rows", 500}, {"test_rows", 500}};
    DataSplit data = make(options);
    const auto first = observed_of(data.train), first_x = values_of(data.train);
    const float* storage = data.train.observed.data<float>();
    BOOST_TEST((observed_of(make(options).train) == first));
    BOOST_TEST((observed_of(data.test) != first));
    BOOST_TEST((observed_of(make(options, 2).train) != first));
    Batches batches(data.train, 500, LastBatch::keep);
    data.redraw(data.train, 1);
    const auto second = observed_of(data.train), second_x = values_of(data.train);
    BOOST_TEST((second != first));
    BOOST_TEST(data.train.observed.data<float>() == storage);
    BOOST_TEST((batches.get(0).observed.to_vector<float>() == second));  // which refers to the set
    for (size_t i = 0; i < second.size(); ++i) BOOST_REQUIRE((second[i] == 1 || second_x[i] == 0));
    data.redraw(data.train, 0);
    BOOST_TEST((observed_of(data.train) == first && values_of(data.train) == first_x));
  }
}

BOOST_AUTO_TEST_CASE(settings_of_missing_entries) {
  const auto message = [](const Json& missing) {
    return error_of([&] { make({{"source", "moons"}, {"missing", missing}}); });
  };
  BOOST_TEST(message(1.5) == "data.missing: must be a number >= 0 and <= 1, not 1.5");
  BOOST_TEST(message("half") == "data.missing: must be a number >= 0 and <= 1, not \"half\"");
  BOOST_TEST(message({{"rows", 0.5}}) == "data.missing.entries: must be given");
  BOOST_TEST(message({{"entries", 2}}) == "data.missing.entries: must be a number >= 0 and <= 1, not 2");
  BOOST_TEST(message({{"entries", 0.5}, {"row", 0.5}}) ==
             "data.missing.row: there is no such setting; did you mean \"rows\"?");
  for (const Json& missing : {Json(0.5), Json{{"rows", 0.5}, {"entries", 0.25}}}) {
    const Config config(Json{{"source", "moons"}, {"missing", missing}});
    make_data(config, 1);
    BOOST_TEST(config.resolved()["missing"] == missing);
  }
}

// Two factors behind eight columns, half of whose entries are missing: with nothing given, a trained model needs two
// latents, and does better than any that knows nothing of the row (4 = the mean sum of the squares that are there).
BOOST_AUTO_TEST_CASE(two_latents_are_found_behind_half_of_the_entries) {
  Experiment e{Config(Json::parse(R"({"name": "small", "seed": 1,
    "data": {"source": "projected_gaussian", "missing": 0.5, "train_rows": 32000, "test_rows": 8000, "redraw": true},
    "model": {"encoder": [64, 64], "latents": 8, "decoder": [64, 64]},
    "training": {"epochs": 6, "freeze_batch_norm_after": 0.67,
                 "schedule": {"kind": "cosine", "learning_rate": 0.003}}})"))};
  Training training(e);
  while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
  const RowLosses rows = test_losses(e, 4, true);
  const Estimate loss = losses_of(rows).loss;
  BOOST_TEST_MESSAGE("loss " << loss.mean << " +- " << loss.standard_error);
  BOOST_TEST(loss.mean + bound * loss.standard_error < 4);
  const Estimate excess = estimate_of(rows.excess);
  BOOST_TEST_MESSAGE("excess " << excess.mean << " +- " << excess.standard_error);
  BOOST_TEST(excess.mean > -bound * excess.standard_error);  // no better than knowing the distribution
  const auto counts = per_count_results(e, rows);
  for (const CountResult& c : counts)
    BOOST_TEST_MESSAGE(c.given << " given: active " << c.active << ", rows " << c.rows);
  BOOST_TEST(counts.at(0).active == 2);
}

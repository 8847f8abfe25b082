// Rows that are held out for validation: which they are, what never looks at them, the model that they choose, and that a training that is
// interrupted chooses the same one.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/parallel.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/fleet.hpp"
#include "data/table_codec.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Few rows and a high rate, so that the model learns them by heart: the best epoch is not the last.
Json settings(const Json& validation, int64_t epochs = 12) {
  Json json = Json::parse(R"({"name": "small", "seed": 3,
    "data": {"source": "correlated_gaussian", "train_rows": 160, "test_rows": 64},
    "model": {"encoder": [64], "latents": 4, "decoder": [64]}, "loss": {"scale": "column"},
    "training": {"batch_rows": 32, "schedule": {"learning_rate": 0.02}}})");
  json["training"]["epochs"] = epochs;
  if (!validation.is_null()) json["training"]["validation"] = validation;
  return json;
}

std::multiset<std::vector<float>> rows_in(const Dataset& set) {
  std::multiset<std::vector<float>> rows;
  for (int64_t r = 0; r < set.rows(); ++r) rows.insert(set.x.range(r, 1).to_vector<float>());
  return rows;
}

// Trains to the end; returns the loss on the validation rows after each epoch.
std::vector<double> train_all(Training& training) {
  std::vector<double> losses;
  while (!training.is_done()) {
    training.epoch([](int64_t) {});
    losses.push_back(training.validation().loss.mean);
  }
  return losses;
}

bool same_state(const Module& a, const std::map<std::string, Tensor>& b) {
  const auto state = state_of(a);
  return std::ranges::equal(state, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.template to_vector<float>() == y.second.template to_vector<float>();
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(which_rows_are_held_out) {
  const double tenth = 0.1;
  const auto held = validation_rows(200, tenth, 1), fitted = fitted_rows(200, tenth, 1);
  BOOST_TEST(held.size() == 20U);
  std::vector<int64_t> all = held;
  all.insert(all.end(), fitted.begin(), fitted.end());
  std::ranges::sort(all);
  for (int64_t i = 0; i < 200; ++i) BOOST_TEST(all[size_t(i)] == i);
  BOOST_TEST((validation_rows(200, tenth, 1) == held));
  BOOST_TEST((validation_rows(200, tenth, 2) != held));
  BOOST_TEST(validation_rows(12, tenth, 1).empty());
  BOOST_TEST(fitted_rows(12, tenth, 1).size() == 12U);
  BOOST_TEST(validation_rows(4, 0.9, 1).empty());
  BOOST_TEST(validation_rows(200, 0, 1).empty());
  const HeldOut automatic{0, true};
  BOOST_TEST(automatic.of(29, 10) == 0);
  BOOST_TEST(automatic.of(30, 10) == 0.1);
  BOOST_TEST(automatic.of(499, 10) == 0.1);
  BOOST_TEST(automatic.of(500, 10) == 0);
}

BOOST_AUTO_TEST_CASE(training_test_and_validation_rows_are_disjoint) {
  for (const bool redraw : {false, true}) {
    Json json = settings({{"fraction", 0.25}}), without = settings(nullptr);
    json["data"]["redraw"] = without["data"]["redraw"] = redraw;
    Experiment e{Config(json)};
    const Experiment all{Config(without)};
    BOOST_TEST(e.data.validation.rows() == 40);
    BOOST_TEST(e.data.train.rows() == 120);
    auto both = rows_in(e.data.train);
    both.merge(rows_in(e.data.validation));
    BOOST_TEST((both == rows_in(all.data.train)));
    BOOST_TEST((rows_in(e.data.test) == rows_in(all.data.test)));
    Training training(e);
    const auto held = rows_in(e.data.validation);
    for (int epoch = 0; epoch < 2; ++epoch) {
      training.epoch([](int64_t) {});
      for (const auto& row : rows_in(e.data.train)) BOOST_TEST(!held.contains(row));
    }
    BOOST_TEST((rows_in(e.data.validation) == held));
  }
}

BOOST_AUTO_TEST_CASE(pixels_and_labels_are_held_out_together) {
  DataSplit split;
  std::vector<uint8_t> pixels;
  std::vector<float> labels;
  for (int r = 0; r < 40; ++r) {
    pixels.insert(pixels.end(), {uint8_t(r), uint8_t(255 - r)});
    labels.push_back(float(r % 4));
  }
  split.train.x = Rows(pixels, 2);
  split.train.attributes = {categorical_attribute("class", 4, labels)};
  hold_out(split, {0.25, false}, 1);
  BOOST_TEST(split.validation.rows() == 10);
  BOOST_TEST(split.train.rows() == 30);
  for (const Dataset* set : {&split.train, &split.validation}) {
    const Tensor x = set->x.tensor();
    for (int64_t r = 0; r < set->rows(); ++r)
      BOOST_TEST(int(std::lround(x.data<float>()[2 * r] * 255)) % 4 == set->attributes[0].class_of(r));
  }
}

BOOST_AUTO_TEST_CASE(a_table_is_not_scaled_by_validation_rows) {
  const TemporaryFolder folder;
  const std::string path = (folder.path / "t.csv").string();
  Json json = settings({{"fraction", 0.2}}, 1);
  json["data"] = {{"source", "table"}, {"path", path}, {"schema", {{"others", "real"}}}};
  json["training"]["batch_rows"] = 16;
  const auto make = [&](const std::set<int64_t>& wild) {
    std::string text = "a,b\n";
    for (int64_t i = 0; i < 100; ++i) text += str(wild.contains(i) ? 1000 + i : i, ',', i % 7, '\n');
    write_bytes(path, text);
    return Experiment(Config(json)).data;
  };
  const DataSplit before = make({});
  BOOST_TEST(before.validation.rows() == 16);
  std::set<int64_t> held;
  const Scale scale = before.train.codec->scales()[0];
  for (const auto& row : rows_in(before.validation)) held.insert(std::llround(scale.value_of(row[0])));
  BOOST_TEST(held.size() == 16U);
  const DataSplit after = make(held);
  BOOST_TEST(after.train.codec->scales()[0].mean == scale.mean);
  BOOST_TEST(after.train.codec->scales()[0].sd == scale.sd);
  BOOST_TEST((rows_in(after.train) == rows_in(before.train)));
  BOOST_TEST((rows_in(after.validation) != rows_in(before.validation)));
}

BOOST_AUTO_TEST_CASE(the_best_model_is_kept) {
  for (const char* metric : {"loss", "iwae"}) {
    Experiment e{Config(settings({{"fraction", 0.25}, {"metric", metric}}, 40))};
    Training training(e);
    const std::vector<double> losses = train_all(training);
    const auto best = std::ranges::min_element(losses);
    BOOST_TEST(losses.size() == 40U);
    BOOST_TEST(training.best().epoch() == best - losses.begin() + 1);
    BOOST_TEST(training.best().loss() == *best);
    BOOST_TEST(*best < losses.back());
    BOOST_TEST(!same_state(*e.model, training.best().state()));
    training.best().restore();
    BOOST_TEST(same_state(*e.model, training.best().state()));
    BOOST_TEST(look_at_validation_rows(e).loss.mean == *best);  // with the same masks and noise
  }
}

BOOST_AUTO_TEST_CASE(the_bound_of_more_draws_is_tighter) {
  double before = 1e9;
  for (const int draws : {2, 64}) {
    Experiment e{Config(settings({{"fraction", 0.5}, {"metric", "iwae"}, {"draws", draws}}, 3))};
    Training training(e);
    train_all(training);
    const double loss = look_at_validation_rows(e).loss.mean;
    BOOST_TEST(loss < before);
    before = loss;
    e.training.validation.iwae = false;
    BOOST_TEST(loss < look_at_validation_rows(e).loss.mean);
  }
}

BOOST_AUTO_TEST_CASE(patience_ends_the_training) {
  Experiment whole{Config(settings({{"fraction", 0.25}}, 30))};
  Training reference(whole);
  const std::vector<double> losses = train_all(reference);
  Experiment e{Config(settings({{"fraction", 0.25}, {"patience", 4}}, 30))};
  Training training(e);
  const std::vector<double> stopped = train_all(training);
  BOOST_TEST_REQUIRE(stopped.size() < 30U);
  BOOST_TEST((stopped == std::vector<double>(losses.begin(), losses.begin() + long(stopped.size()))));
  BOOST_TEST(int64_t(stopped.size()) == training.best().epoch() + 4);
  BOOST_TEST(training.best().loss() == *std::ranges::min_element(stopped));
}

BOOST_AUTO_TEST_CASE(looks_are_every_so_many_epochs_and_at_the_end) {
  Experiment e{Config(settings({{"fraction", 0.25}, {"every", 3}}, 8))};
  Training training(e);
  const std::vector<double> losses = train_all(training);
  for (size_t i = 0; i < losses.size(); ++i) BOOST_TEST(std::isnan(losses[i]) == !(i == 2 || i == 5 || i == 7));
}

BOOST_AUTO_TEST_CASE(validation_resumes_to_the_bit_for_any_number_of_threads) {
  Json json = settings({{"fraction", 0.25}, {"patience", 6}}, 20);
  json["model"]["dropout"] = 0.1;
  Experiment whole{Config(json)};
  Training expected(whole);
  const std::vector<double> losses = train_all(expected);
  const TemporaryFolder folder;
  for (const int64_t stop : {3, 7}) {  // before the best epoch, and after; within an epoch
    set_num_threads(int(stop) % 3 + 1);
    Experiment begun{Config(json)};
    Training first(begun);
    std::vector<EpochLosses> epochs;
    for (int64_t i = 0; i < stop; ++i) {
      const Losses train = first.epoch([](int64_t) {});
      epochs.push_back({i + 1, train, {}, first.validation()});
    }
    struct Interrupt {};
    try {
      first.epoch([](int64_t step) {
        if (step == 2) throw Interrupt();
      });
    } catch (const Interrupt&) { save_checkpoint(folder.path / "checkpoint", begun, first, epochs); }
    Experiment e{Config(json)};
    Training training(e);
    const auto loaded = load_checkpoint(folder.path / "checkpoint", e, training);
    BOOST_TEST(loaded.size() == size_t(stop));
    BOOST_TEST(loaded.back().validation.loss.mean == losses[size_t(stop - 1)]);
    BOOST_TEST(training.best().epoch() == first.best().epoch());
    const std::vector<double> rest = train_all(training);
    BOOST_TEST((rest == std::vector<double>(losses.begin() + stop, losses.end())));
    BOOST_TEST(training.best().epoch() == expected.best().epoch());
    training.best().restore();
    BOOST_TEST(same_state(*e.model, expected.best().state()));
    // What a run that is not finished is opened with is its best model so far.
    Experiment opened{Config(json)};
    BOOST_TEST(load_model_of_checkpoint(folder.path / "checkpoint", *opened.model) == first.best().epoch());
    BOOST_TEST(same_state(*opened.model, first.best().state()));
  }
  set_num_threads(available_threads());
}

BOOST_AUTO_TEST_CASE(bad_settings_are_refused_by_name) {
  const auto refusal = [](const Json& json) {
    return error_of([&] {
      Experiment e{Config(json)};
      Training training(e);
    });
  };
  const auto of = [&](const Json& validation) { return refusal(settings(validation)); };
  BOOST_TEST(contains(of({{"fraction", 1}}), "training.validation.fraction: must be"));
  BOOST_TEST(
      contains(of({{"fraction", "some"}}), "training.validation.fraction: must be a number, or \"auto\""));
  BOOST_TEST(
      contains(of({{"fraction", 0.005}}), "training.validation.fraction: 0.005 of the 160 training rows"));
  BOOST_TEST(contains(of({{"metric", "elbo"}}), "training.validation.metric: must be one of"));
  BOOST_TEST(contains(of({{"patience", -1}}), "training.validation.patience"));
  BOOST_TEST(contains(of({{"every", 0}}), "training.validation.every"));
  BOOST_TEST(contains(of({{"masks", 0}}), "training.validation.masks"));
  BOOST_TEST(contains(of({{"draws", 0}}), "training.validation.draws"));
  BOOST_TEST(contains(of({{"patients", 3}}), "training.validation.patients: there is no such setting"));
  BOOST_TEST(contains(of(5), "training.validation: must be a section"));
  Json json = settings({{"metric", "iwae"}});
  json["loss"] = {{"autoencoder", true}};
  BOOST_TEST(contains(refusal(json), "training.validation.metric"));
  const Experiment automatic{Config(settings({{"fraction", "auto"}}))};
  BOOST_TEST(automatic.data.validation.rows() == 16);
  json = settings({{"fraction", "auto"}});
  json["data"]["train_rows"] = 200;
  const Experiment enough{Config(json)};  // for the 4 columns 200 rows are many: it does without
  BOOST_TEST(enough.data.validation.rows() == 0);
  BOOST_TEST(Json::parse(enough.resolved)["training"]["validation"]["fraction"] == 0.0);
  const Experiment none{Config(settings(nullptr))};
  BOOST_TEST(!Json::parse(none.resolved)["training"].contains("validation"));
  const Experiment a{Config(settings({{"fraction", 0.25}}))}, b{Config(settings({{"fraction", 0.25}}))};
  BOOST_TEST(contains(why_not_together(a, b), "training.validation"));
}

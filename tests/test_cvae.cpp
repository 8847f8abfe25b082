#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "autograd/memory.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "base/streams.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/subsets.hpp"
#include "nn/safetensors.hpp"

using namespace elbow;

namespace {

// A small experiment on two independent Gaussian columns.
Json settings(int64_t epochs, int64_t rows = 6400) {
  return Json::parse(str(R"({"name": "small", "seed": 3,
    "data": {"source": "independent_gaussian", "train_rows": )",
                         rows, R"(, "test_rows": )", rows, R"(},
    "model": {"encoder": [32, 32], "latents": 8, "decoder": [32, 32]},
    "training": {"epochs": )",
                         epochs, R"(, "schedule": {"kind": "cosine", "learning_rate": 0.003}}})"));
}

// The parameters after training, and the losses of the last evaluation.
struct Trained {
  std::vector<float> parameters;
  RowLosses rows;
};
Trained train(Experiment& e) {
  Training training(e);
  while (training.epochs_done() < e.training.epochs) training.epoch([](int64_t) {});
  return {training.parameters().values().to_vector<float>(), test_losses(e, 4, true)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_elbo_is_the_formula) {
  Experiment e{Config(settings(1))};
  e.loss.beta = 0.7;
  e.loss.copies_given = false;
  const Batch batch = Batches(e.data.test, 64, LastBatch::drop).get(0);
  Condition::Drawn drawn;
  e.condition.draw(batch, {3, 1, 4}, drawn);
  const RandomKey key{1, 2, 3};
  e.model->train(false);
  const NoGrad no_grad;
  const Elbo got = elbo(*e.model, batch, drawn.c, e.loss, key);
  const Posterior q = e.model->encode(batch.x, drawn.c);
  const auto mu = q.mu.to_vector(), log_var = q.log_var.to_vector(),
             noise = normal(key, q.mu.shape()).to_vector();
  double kl = 0, distortion = 0;
  std::vector<float> z(mu.size());
  for (size_t i = 0; i < mu.size(); ++i) {
    kl += 0.5 * (mu[i] * mu[i] + std::exp(log_var[i]) - 1 - log_var[i]) / 64;
    z[i] = float(mu[i] + std::exp(log_var[i] / 2) * noise[i]);
  }
  const auto y = e.model->decode(Tensor::from(z, q.mu.shape()), drawn.c).to_vector(), x = batch.x.to_vector();
  for (size_t i = 0; i < x.size(); ++i) distortion += (x[i] - y[i]) * (x[i] - y[i]) / 64;
  BOOST_TEST(got.kl.item() == kl, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(got.distortion.item() == distortion, boost::test_tools::tolerance(1e-5));
  BOOST_TEST(got.loss.item() == distortion + 0.7 * kl, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(training_approaches_the_bound_and_never_passes_it) {
  Experiment e{Config(settings(12, 32000))};
  const Trained t = train(e);
  const Estimate excess = estimate_of(t.rows.excess);
  BOOST_TEST_MESSAGE("excess " << excess.mean << " +- " << excess.standard_error);
  BOOST_TEST(excess.mean > -4 * excess.standard_error);  // nothing is better than the optimum
  BOOST_TEST(excess.mean < 0.03);                        // of 0.84657
  const auto counts = per_count_results(e, t.rows);
  BOOST_TEST_REQUIRE(counts.size() == 3U);
  int64_t rows = 0;
  for (const CountResult& c : counts) {
    rows += c.rows;
    BOOST_TEST(c.active == double(2 - c.given));  // two latents for two unknowns, none for none
    BOOST_TEST_REQUIRE(c.optimum.has_value());
    BOOST_TEST(c.optimum->active == double(2 - c.given));
    BOOST_TEST(std::abs(c.kl.mean - c.optimum->kl) < 0.1);
    BOOST_TEST(std::abs(c.distortion.mean - c.optimum->distortion) < 0.1);
    double sum = 0;
    for (double kl : c.kl_per_latent) sum += kl;
    BOOST_TEST(std::abs(sum - c.kl.mean) < 0.05);  // other rows, the same mean
  }
  BOOST_TEST(rows == 32000);
  BOOST_TEST(std::abs(double(counts[1].rows) - 16000) < 5 * 90);  // five standard errors of a binomial count
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  std::vector<Trained> runs;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    Experiment e{Config(settings(1, 3200))};
    runs.push_back(train(e));
  }
  set_num_threads(available_threads());
  for (const Trained& run : runs) {
    BOOST_TEST((run.parameters == runs[0].parameters));
    BOOST_TEST((run.rows.distortion == runs[0].rows.distortion));
    BOOST_TEST((run.rows.excess == runs[0].rows.excess));
  }
}

BOOST_AUTO_TEST_CASE(seeds_differ) {
  Json other = settings(1, 3200);
  other["seed"] = 4;
  Experiment a{Config(settings(1, 3200))}, b{Config(other)};
  BOOST_TEST((train(a).parameters != train(b).parameters));
}

BOOST_AUTO_TEST_CASE(training_resumes_to_the_bit) {
  Json config = settings(3, 3200);
  config["model"]["dropout"] = 0.1;
  config["data"]["redraw"] = true;
  Experiment whole{Config(config)};
  const Trained expected = train(whole);

  const auto path = std::filesystem::temp_directory_path() / str("elbow-checkpoint-", getpid());
  {
    Experiment e{Config(config)};
    Training training(e);
    training.epoch([](int64_t) {});
    EpochLosses losses;
    losses.epoch = 1;
    losses.train.loss = {0.1, 1e-17};
    save_checkpoint(path, e, training, {losses});
  }
  Experiment e{Config(config)};
  Training training(e);
  const auto epochs = load_checkpoint(path, e, training);
  std::filesystem::remove(path);
  BOOST_TEST_REQUIRE(epochs.size() == 1U);
  BOOST_TEST(epochs[0].train.loss.mean == 0.1);
  BOOST_TEST(epochs[0].train.loss.standard_error == 1e-17);
  BOOST_TEST(training.epochs_done() == 1);
  while (training.epochs_done() < 3) training.epoch([](int64_t) {});
  BOOST_TEST((training.parameters().values().to_vector<float>() == expected.parameters));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_contradicts_itself_is_refused) {
  const auto path = std::filesystem::temp_directory_path() / str("elbow-contradiction-", getpid());
  Experiment e{Config(settings(1, 640))};
  Training training(e);
  training.epoch([](int64_t) {});
  save_checkpoint(path, e, training, {EpochLosses{1, {}, {}}});
  const SafeTensors sound = load_safetensors(path);
  for (const auto& [key, value] : {std::pair{"epochs_done", "7"},
                                   {"epochs_done", "-1"},
                                   {"steps", "9"},
                                   {"steps", "1e30"},
                                   {"epochs", "[]"},
                                   {"epochs", "[[1]]"},
                                   {"epochs", "{"},
                                   {"dropout_step", "\"x\""},
                                   {"dropout_step", ""}}) {
    SafeTensors damaged = sound;
    damaged.metadata[key] = value;
    save_safetensors(path, damaged);
    BOOST_CHECK_EXCEPTION(load_checkpoint(path, e, training), Error, [&](const Error& error) {
      return std::string(error.what()).starts_with(path.string());
    });
  }
  save_safetensors(path, sound);
  BOOST_TEST(load_checkpoint(path, e, training).size() == 1U);
  std::filesystem::remove(path);
}

BOOST_AUTO_TEST_CASE(a_training_step_allocates_nothing_after_warm_up) {
#if defined(__SANITIZE_ADDRESS__)
  std::puts("SKIPPED: the pool does not cache under the address sanitizer");
  return;
#endif
  Experiment e{Config(settings(1, 3200))};
  Training training(e);
  training.begin_epoch();
  for (int64_t i = 0; i < 10; ++i) training.step(i);
  const auto before = memory_statistics();
  for (int64_t i = 10; i < 50; ++i) training.step(i);
  BOOST_TEST(memory_statistics().system_allocations == before.system_allocations);
  BOOST_TEST(memory_statistics().bytes_in_use == before.bytes_in_use);
}

BOOST_AUTO_TEST_CASE(evaluation_repeats_itself_and_leaves_the_model_alone) {
  Experiment e{Config(settings(0, 3200))};
  const auto before = state_of(*e.model);
  const RowLosses a = test_losses(e, 2, true), b = test_losses(e, 2, true);
  BOOST_TEST((a.distortion == b.distortion));
  BOOST_TEST((a.kl == b.kl));
  BOOST_TEST(e.model->training());
  for (const auto& [name, t] : state_of(*e.model))
    BOOST_TEST((t.to_vector() == before.at(name).to_vector()), name);
}

BOOST_AUTO_TEST_CASE(more_draws_change_the_error_bar_not_the_mean) {
  Experiment e{Config(settings(2, 6400))};
  train(e);
  const Estimate one = estimate_of(test_losses(e, 1, true).excess),
                 many = estimate_of(test_losses(e, 16, true).excess);
  BOOST_TEST(many.standard_error < 0.9 * one.standard_error);
  BOOST_TEST(std::abs(one.mean - many.mean) < 4 * one.standard_error);
}

BOOST_AUTO_TEST_CASE(subsets_of_a_size) {
  const auto all = subsets_of_size(5, 2, 100, 1);
  BOOST_TEST(all.size() == 10U);
  const auto some = subsets_of_size(30, 12, 8, 1);
  BOOST_TEST(some.size() == 8U);
  for (const auto& list : {all, some})
    for (const Mask& m : list) BOOST_TEST(std::count(m.begin(), m.end(), true) == (m.size() == 5 ? 2 : 12));
  BOOST_TEST((std::set<Mask>(some.begin(), some.end()).size() == 8U));
  BOOST_TEST((subsets_of_size(4, 0, 1, 1) == std::vector<Mask>{Mask(4, false)}));
  BOOST_TEST((subsets_of_size(4, 4, 1, 1) == std::vector<Mask>{Mask(4, true)}));
  const std::vector<int64_t> few{0, 1, 2, 3};
  BOOST_TEST((subset_sizes(3, 17) == few));
  const auto sizes = subset_sizes(159, 17);
  BOOST_TEST(sizes.size() == 17U);
  BOOST_TEST(sizes.front() == 0);
  BOOST_TEST(sizes.back() == 159);
}

// What JSON has no number for: the standard error of a single batch, and costs beyond the largest double.
BOOST_AUTO_TEST_CASE(costs_that_are_no_numbers_go_through_a_checkpoint) {
  const auto path = std::filesystem::temp_directory_path() / str("elbow-costs-", getpid());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Experiment e{Config(settings(3, 640))};
  Training training(e);
  training.epoch([](int64_t) {});
  EpochLosses losses;
  losses.epoch = 1;
  losses.train.loss = {0.1, std::nan("")}, losses.train.kl = {infinity, 0.2},
  losses.test.kl = {-infinity, infinity};
  save_checkpoint(path, e, training, {losses});
  const auto epochs = load_checkpoint(path, e, training);
  std::filesystem::remove(path);
  BOOST_TEST_REQUIRE(epochs.size() == 1U);
  BOOST_TEST(epochs[0].train.loss.mean == 0.1);
  BOOST_TEST(std::isnan(epochs[0].train.loss.standard_error));
  BOOST_TEST(epochs[0].train.kl.mean == infinity);
  BOOST_TEST(epochs[0].train.kl.standard_error == 0.2);
  BOOST_TEST(epochs[0].test.kl.mean == -infinity);
  BOOST_TEST(epochs[0].test.kl.standard_error == infinity);
}

// Half of the rows, said once; the resolved configuration has what was taken, and says nothing when it is read again.
BOOST_AUTO_TEST_CASE(a_batch_fits_the_training_rows) {
  const auto check = [](int64_t rows, Json asked, int64_t taken, size_t warnings) {
    Json config = settings(1, rows);
    config["data"]["test_rows"] = 64;
    config["training"]["batch_rows"] = asked;
    const Experiment e{Config(config)};
    BOOST_TEST(e.training.batch_rows == taken);
    BOOST_TEST(e.warnings.size() == warnings);
    const Experiment again{Config(Json::parse(e.resolved))};
    BOOST_TEST(again.training.batch_rows == taken);
    BOOST_TEST(again.resolved == e.resolved);
    BOOST_TEST(again.warnings.empty());
  };
  check(63, nullptr, 31, 1);
  check(64, nullptr, 64, 0);
  check(2, nullptr, 2, 1);
  check(3, 5, 2, 1);
  check(640, 641, 320, 1);
  check(640, 640, 640, 0);
}

// Settings that follow the table are resolved to numbers, which read as themselves.
BOOST_AUTO_TEST_CASE(automatic_settings) {
  const auto check = [](int64_t rows, int64_t epochs, double dropout, bool holes) {
    Json config = settings(1, rows);
    config["data"]["test_rows"] = 64;
    config["data"]["missing"] = holes ? 0.1 : 0.0;
    config["training"]["epochs"] = config["model"]["dropout"] = config["condition"]["given"] = "auto";
    const Experiment e{Config(config)};
    BOOST_TEST(e.training.epochs == epochs);
    const Json resolved = Json::parse(e.resolved);
    BOOST_TEST(resolved["model"]["dropout"].get<double>() == dropout);
    BOOST_TEST(resolved["condition"]["given"].get<double>() == (holes ? 0.7 : 0.5));
    BOOST_TEST((Experiment{Config(resolved)}.resolved == e.resolved));
  };
  check(100, 1000, 0.5, true);
  check(64000, 10, 0.1, false);
  check(6400, 60, 0.2, true);
}

BOOST_AUTO_TEST_CASE(a_rise_longer_than_the_training_is_told) {
  for (const std::string setting :
       {"loss.kl_warmup_steps", "loss.capacity_steps", "training.schedule.warmup_steps"})
    for (const int64_t steps : {20, 21}) {  // of 2 epochs of 10
      Json config = settings(2, 640);
      config["loss"]["capacity"] = 1;
      set_setting(config, str(setting, '=', steps));
      const Experiment e{Config(config)};
      BOOST_TEST(e.warnings.size() == size_t(steps - 20));
      if (steps > 20) BOOST_TEST(e.warnings[0].starts_with(setting + ": the training has 20 steps"));
    }
  Json untrained = settings(0, 640);
  untrained["loss"]["kl_warmup_steps"] = 5;
  BOOST_TEST(Experiment{Config(untrained)}.warnings.empty());
}

BOOST_AUTO_TEST_CASE(impossible_experiments_are_refused) {
  const auto refused = [](const char* key, const char* value, const char* part) {
    Json config = settings(1, 640);
    set_setting(config, str(key, "=", value));
    BOOST_CHECK_EXCEPTION(Experiment{Config(config)}, Error, [&](const Error& e) {
      BOOST_TEST_MESSAGE(e.what());
      return std::string(e.what()).find(part) != std::string::npos;
    });
  };
  refused("training.batch_rows", "1", "training.batch_rows");
  refused("data.train_rows", "1",
          "training.batch_rows: a batch has at least 2 rows, and there is 1 training row");
  refused("training.epoch", "3", "training.epoch");
  refused("model.kind", "transformer", "model.kind");
  refused("model.latents", "0", "model.latents");
  refused("condition.kind", "label", "condition.kind");
  refused("condition.given", "Uniform",
          "condition.given: must be a number >= 0 and <= 1, \"uniform\" or \"auto\"");
  refused("training.epochs", "many", "training.epochs: must be a whole number from 0 on, or \"auto\"");
  refused("model.dropout", "much", "model.dropout: must be a number >= 0 and < 1, or \"auto\"");
  refused("model.base", "linear", "model.base");
  refused("loss.distortion", "bce", "loss.distortion");
  refused("loss.beta", "-1", "loss.beta");
  refused("data.source", "nowhere", "data.source");
  refused("training.optimizer.kind", "adamx", "training.optimizer.kind");
}

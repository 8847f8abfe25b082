// Training on the GPU: the numbers of the CPU, the same bits at every run, states that move, fleets.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "autograd/checks.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/feature_training.hpp"
#include "cvae/fleet.hpp"
#include "tests/data_helpers.hpp"
#include "tests/device_experiment.hpp"
#include "tests/idx_helpers.hpp"
#include "tests/no_device.hpp"
#if ELBOW_CUDA_EMULATED
#include "autograd/backend/cuda/emulator/emulator.hpp"
#endif

using namespace elbow;
using namespace elbow::test;

namespace {

const std::string gaussian =
    R"({"source": "independent_gaussian", "columns": 3, "train_rows": 320, "test_rows": 600})";

// A table of 120 rows of counts, positive and heavy-tailed numbers; the name of its file, which stays until the tests end.
std::string counts_table() {
  static const TemporaryFolder folder;
  const std::string path = (folder.path / "counts.csv").string();
  std::ofstream file(path);
  file << "visits,claims,income,return\n";
  for (int i = 0; i < 120; ++i)
    file << i * i % 7 << ',' << i * 3 % 11 * (i % 2) << ',' << 100 + i * i << ','
         << (i % 17 == 3 ? 9.5 : 0.1 * (i % 5)) << '\n';
  return path;
}

// Small experiments that have, all together, each kind of model, prior, loss, condition and optimiser. A bias before a batch
// norm has the gradient 0, of which Adam makes steps of full length in a direction that roundings choose: the batch's mean takes
// it away again, frozen statistics do not. So where they are frozen, the optimiser is another one.
std::vector<Json> experiments() {
  const std::string schedule = R"("schedule": {"kind": "cosine", "learning_rate": 0.002})";
  const auto of = [](const std::string& json) { return Json::parse(json); };
  return {
      of(R"({"name": "mlp", "seed": 3, "data": )" + gaussian +
         R"(, "condition": {"kind": "columns", "given": "uniform"},
        "model": {"kind": "mlp", "encoder": [16, 16], "latents": 4, "decoder": [16, 16], "prior": {"kind": "learned", "hidden": [8]}},
        "loss": {"scale": "entry", "beta": 0.7, "kl_warmup_steps": 7, "capacity": 0.5, "capacity_steps": 5},
        "training": {"epochs": 2, "batch_rows": 64, "clip_gradient_norm": 0.5, )" +
         schedule + "}}"),
      of(R"({"name": "residual", "seed": 4, "data": {"source": "swiss_roll", "train_rows": 96, "test_rows": 96, "redraw": true},
        "model": {"kind": "residual_extended", "encoder": [16, 16], "latent": [8], "decoder": [16, 16]},
        "loss": {"free_nats": 0.05},
        "training": {"epochs": 2, "batch_rows": 32, "optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": true}, )" +
         schedule + "}}"),
      of(R"({"name": "table", "seed": 5, "data": {"source": "table", "path": ")" ELBOW_SOURCE_DIR
         R"(/experiments/tables/cells.csv",
        "schema": ")" ELBOW_SOURCE_DIR R"(/experiments/tables/cells.schema.json", "test_fraction": 0.2},
        "model": {"kind": "mlp", "base": "gaussian", "encoder": [16], "latents": 4, "decoder": [16], "dropout": 0.1},
        "training": {"epochs": 1, "batch_rows": 400, "optimizer": {"kind": "adamw", "weight_decay": 0.05}, )" +
         schedule + "}}"),
      of(R"({"name": "missing", "seed": 6, "data": {"source": "swiss_roll", "train_rows": 96, "test_rows": 96,
        "missing": {"rows": 0.5, "entries": 0.3}},
        "model": {"kind": "dense", "encoder": [[8, 8, 16]], "latent": [[8, 8, 16]], "decoder": [[8, 8, 8]]},
        "training": {"epochs": 2, "batch_rows": 32, "freeze_batch_norm_after": 0.5, "optimizer": {"kind": "sgd"}, )" +
         schedule + "}}"),
      of(R"({"name": "linear", "seed": 8, "data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 96, "test_rows": 96,
        "missing": 0.2}, "loss": {"scale": "one"},
        "model": {"kind": "linear", "latents": 3, "gains": [8], "prior": {"kind": "mixture", "components": 3, "hidden": [8]}},
        "training": {"epochs": 2, "batch_rows": 32, )" +
         schedule + "}}"),
      of(R"({"name": "turned", "seed": 10, "data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 96, "test_rows": 96,
        "missing": 0.2}, "loss": {"free_nats": 0.01}, "model": {"kind": "linear", "gains": [8]},
        "training": {"epochs": 2, "batch_rows": 32, )" +
         schedule + "}}"),
      of(R"({"name": "counts", "seed": 9, "data": {"source": "table", "path": ")" + counts_table() + R"(",
        "schema": {"columns": [{"name": "visits", "kind": "poisson"}, {"name": "claims", "kind": "count"},
                               {"name": "income", "kind": "positive"}, {"name": "return", "kind": "heavy_tailed"}]}},
        "loss": {"scale": "column", "objective": "iwae", "samples": 3},
        "model": {"kind": "mlp", "encoder": [8], "latents": 2, "decoder": [8], "prior": {"kind": "flow", "layers": 2, "hidden": [8]}},
        "training": {"epochs": 2, "batch_rows": 32, )" +
         schedule + "}}"),
      of(R"({"name": "holes", "seed": 12, "data": {"source": "idx_images", "path": ")" + small_images() +
         R"("}, "condition": {"kind": "pixels"}, "loss": {"scale": "column"},
        "model": {"kind": "mlp", "encoder": [16], "latents": 2, "decoder": [16], "prior": {"kind": "learned", "hidden": [8]}},
        "training": {"epochs": 2, "batch_rows": 12, )" +
         schedule + "}}"),
      of(R"({"name": "coloured holes", "seed": 13, "data": {"source": "idx_images", "path": ")" +
         small_images() +
         R"(", "coloured": true}, "condition": {"kind": "pixels", "mask": "noise"}, "loss": {"distortion": "bce"},
        "model": {"kind": "unet", "encoder": [2, 4], "latents": 2, "decoder": [4, 2], "given": "predict"},
        "training": {"epochs": 1, "batch_rows": 12, )" +
         schedule + "}}"),
      of(R"({"name": "conv", "seed": 7, "data": {"source": "idx_images", "train_rows": 32, "test_rows": 20, "coloured": true},
        "condition": {"kind": "label", "withheld": 0.5}, "loss": {"distortion": "bce"},
        "model": {"kind": "conv", "encoder": [4, 8, 8], "latents": 3, "decoder": [8, 8, 4]},
        "training": {"epochs": 1, "batch_rows": 16, )" +
         schedule + "}}"),
  };
}

struct Trained {
  std::vector<double> losses;  // of the steps
  Losses test;
  std::vector<float> parameters;
};

Trained train(const Json& settings, Device device) {
  Experiment e = experiment_on(device, settings);
  Training training(e);
  Trained out;
  while (training.epochs_done() < e.training.epochs)
    training.epoch([&](int64_t step) {
      if (step < training.steps_per_epoch()) return;
      for (const auto& c : training.steps_of_epoch()) out.losses.push_back(c.loss);
    });
  out.test = losses_of(test_losses(e, 1, false));
  out.parameters = training.parameters().values().to_vector<float>();
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(training_gives_what_it_gives_on_the_cpu) {
  if (no_device()) return;
  for (const Json& settings : experiments()) BOOST_TEST_CONTEXT(settings["name"]) {
      const Trained cpu = train(settings, Device::cpu), gpu = train(settings, Device::cuda);
      BOOST_REQUIRE_EQUAL(cpu.losses.size(), gpu.losses.size());
      // A few steps are too few for roundings to grow. But Adam's first step is of full length also where a gradient is
      // nothing but rounding; in "mlp" that moves the loss by 0.0001 nats.
      for (size_t i = 0; i < cpu.losses.size(); ++i)
        BOOST_TEST(gpu.losses[i] == cpu.losses[i], boost::test_tools::tolerance(1e-4));
    }
}

BOOST_AUTO_TEST_CASE(validation_rows_are_looked_at_on_the_device) {
  if (no_device()) return;
  for (const char* metric : {"loss", "iwae"}) {
    Json settings = experiments().front();
    settings["training"]["validation"] = {{"fraction", 0.25}, {"metric", metric}};
    std::vector<double> before, after;  // on the CPU, on the device
    std::map<std::string, Tensor> trained;
    for (const Device device : {Device::cpu, Device::cuda}) {
      Experiment e = experiment_on(device, settings);
      before.push_back(look_at_validation_rows(e).loss.mean);
      Training training(e);
      while (!training.is_done()) training.epoch([](int64_t) {});
      training.best().restore();
      BOOST_TEST(look_at_validation_rows(e).loss.mean == training.best().loss());
      // The same parameters: roundings grow in the training.
      if (device == Device::cpu) trained = state_of(*e.model);
      set_state(*e.model, trained);
      after.push_back(look_at_validation_rows(e).loss.mean);
    }
    BOOST_TEST(before[1] == before[0], boost::test_tools::tolerance(1e-5));
    BOOST_TEST(after[1] == after[0], boost::test_tools::tolerance(1e-5));
  }
}

BOOST_AUTO_TEST_CASE(every_run_has_the_same_bits) {
  if (no_device()) return;
  for (const Json& settings : experiments()) BOOST_TEST_CONTEXT(settings["name"]) {
      const Trained first = train(settings, Device::cuda);
#if ELBOW_CUDA_EMULATED
      cuda::emulator::set_order(cuda::emulator::Order::backwards);
#endif
      const Trained second = train(settings, Device::cuda);
#if ELBOW_CUDA_EMULATED
      cuda::emulator::set_order(cuda::emulator::Order::forwards);
#endif
      BOOST_CHECK(first.losses == second.losses);
      BOOST_CHECK(first.parameters == second.parameters);
      BOOST_CHECK_EQUAL(first.test.loss.mean, second.test.loss.mean);
    }
}

BOOST_AUTO_TEST_CASE(the_look_at_the_test_set_is_that_of_test_costs) {
  if (no_device()) return;
  for (const Json& settings : experiments()) BOOST_TEST_CONTEXT(settings["name"]) {
      Experiment e = experiment_on(Device::cuda, settings);
      DeviceEvaluation evaluation({&e}, *e.model);
      const Losses look = evaluation.losses()[0], known = losses_of(test_losses(e, 1, false));
      BOOST_TEST(look.loss.mean == known.loss.mean, boost::test_tools::tolerance(1e-6));
      BOOST_TEST(look.kl.standard_error == known.kl.standard_error, boost::test_tools::tolerance(1e-5));
      BOOST_CHECK_EQUAL(evaluation.losses()[0].loss.mean, look.loss.mean);  // the same masks and noise again
    }
}

BOOST_AUTO_TEST_CASE(a_state_moves_between_devices_in_the_middle_of_an_epoch) {
  if (no_device()) return;
  const TemporaryFolder folder;
  const auto file = folder.path / "checkpoint.safetensors";
  for (Json settings : experiments()) {
    if (settings["name"] != "table" && settings["name"] != "holes") continue;  // dropout counts its keys
    settings["training"]["epochs"] = 1;
    const Trained whole = train(settings, Device::cpu);
    for (const auto& [from, to] :
         {std::pair{Device::cpu, Device::cuda}, {Device::cuda, Device::cpu}, {Device::cuda, Device::cuda}}) {
      struct Stop {};
      Experiment begun = experiment_on(from, settings);
      Training first(begun);
      const auto stop = [&](int64_t step) {
        if (step < 2) return;
        save_checkpoint(file, begun, first, {});
        throw Stop();
      };
      BOOST_CHECK_THROW(first.epoch(stop), Stop);
      Experiment resumed = experiment_on(to, settings);
      Training second(resumed);
      load_checkpoint(file, resumed, second);
      std::vector<double> losses;
      second.epoch([&](int64_t step) {
        if (step == second.steps_per_epoch())
          for (const auto& c : second.steps_of_epoch()) losses.push_back(c.loss);
      });
      BOOST_REQUIRE_EQUAL(losses.size(), whole.losses.size());
      for (size_t i = 0; i < losses.size(); ++i)
        BOOST_TEST(losses[i] == whole.losses[i], boost::test_tools::tolerance(2e-5));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_fleet_gives_each_member_its_own_bits) {
  if (no_device()) return;
  for (const Json& base : experiments()) BOOST_TEST_CONTEXT(base["name"]) {
      std::vector<Json> settings;
      for (int m = 0; m < 3; ++m) {
        Json s = base;
        s["seed"] = 10 + m;
        if (m == 2 && !s["loss"].contains("objective")) s["loss"]["beta"] = 0.3;  // iwae takes one beta for all
        if (m == 1) s["training"]["schedule"]["learning_rate"] = 0.004;
        settings.push_back(s);
      }
      std::vector<std::unique_ptr<Experiment>> experiments;
      std::vector<std::unique_ptr<Training>> trainings;
      std::vector<std::pair<Experiment*, Training*>> members;
      for (const Json& s : settings) {
        experiments.push_back(std::make_unique<Experiment>(Config(s)));
        trainings.push_back(std::make_unique<Training>(*experiments.back()));
        members.emplace_back(experiments.back().get(), trainings.back().get());
      }
      Fleet fleet(members);
      std::vector<EpochLosses> losses;
      while (fleet.epochs_done() < experiments[0]->training.epochs) losses = fleet.epoch([](int64_t) {});
      fleet.return_state();
      for (size_t m = 0; m < settings.size(); ++m) {
        const Trained alone = train(settings[m], Device::cuda);
        BOOST_CHECK(trainings[m]->parameters().values().to_vector<float>() == alone.parameters);
        BOOST_TEST(losses[m].test.loss.mean == alone.test.loss.mean, boost::test_tools::tolerance(1e-6));
        BOOST_CHECK_EQUAL(trainings[m]->epochs_done(), experiments[m]->training.epochs);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_feature_net_learns_what_it_learns_on_the_cpu) {
  if (no_device()) return;
  const DataSplit split = make_data(Config(experiments().back()["data"]), 1);
  const FeatureTraining settings{.epochs = 2, .batch_rows = 8};
  std::vector<double> losses;
  const auto note = [&](int64_t, double loss) { losses.push_back(loss); };
  const auto cpu = train_feature_net(split.train, settings, note);
  set_default_device(Device::cuda);
  const auto gpu = train_feature_net(split.train, settings, note);
  set_default_device(Device::cpu);
  for (int epoch : {0, 1})
    BOOST_TEST(losses[size_t(epoch)] == losses[size_t(epoch) + 2], boost::test_tools::tolerance(1e-3));
  BOOST_TEST(accuracy_of(*gpu, split.test).mean == accuracy_of(*cpu, split.test).mean);
}

BOOST_AUTO_TEST_CASE(what_does_not_belong_together_is_refused) {
  Json a = experiments()[0], b = a, c = a;
  b["model"]["encoder"] = {16, 8};
  c["seed"] = 77;
  c["loss"]["beta"] = 2;
  Experiment one{Config(a)}, other{Config(b)}, friendly{Config(c)};
  BOOST_TEST(contains(why_not_together(one, other), "/model/encoder"));
  BOOST_TEST(why_not_together(one, friendly).empty());
}

// Batches in blocks on the GPU: batch norm over all of them, and training steps against those of the CPU and of whole batches.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/fleet.hpp"
#include "tests/block_helpers.hpp"
#include "tests/data_helpers.hpp"
#include "tests/device_experiment.hpp"
#include "tests/idx_helpers.hpp"
#include "tests/no_device.hpp"
#include "tests/threads_scope.hpp"
#if ELBOW_CUDA_EMULATED
#include "autograd/backend/cuda/emulator/emulator.hpp"
#endif

using namespace elbow;
using namespace elbow::test;

namespace {

// Batch norm, dropout, missing entries, learned noise, a learned prior and clipping; and images.
Json table() {
  return Json::parse(R"({
    "name": "blocks", "seed": 5,
    "data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 120, "test_rows": 40, "missing": 0.2},
    "condition": {"kind": "columns", "given": 0.5},
    "model": {"kind": "mlp", "encoder": [16], "latents": 3, "decoder": [16], "dropout": 0.2,
              "prior": {"kind": "learned", "hidden": [8]}},
    "loss": {"scale": "column", "kl_warmup_steps": 4},
    "training": {"epochs": 2, "batch_rows": 30, "clip_gradient_norm": 0.5, "freeze_batch_norm_after": 0.5,
                 "optimizer": {"kind": "sgd", "momentum": 0.9}, "schedule": {"learning_rate": 0.002}}})");
}
Json images() {
  return Json::parse(R"({
    "name": "images", "seed": 7, "data": {"source": "idx_images", "train_rows": 24, "test_rows": 20, "coloured": true},
    "condition": {"kind": "label", "withheld": 0.5}, "loss": {"distortion": "bce"},
    "model": {"kind": "conv", "encoder": [4, 8, 8], "latents": 3, "decoder": [8, 8, 4]},
    "training": {"epochs": 1, "batch_rows": 12, "schedule": {"learning_rate": 0.002}}})");
}
Json holes() {
  return Json::parse(R"({
    "name": "holes", "seed": 8, "data": {"source": "idx_images", "path": ")" +
                     small_images() + R"("},
    "condition": {"kind": "pixels"}, "loss": {"scale": "column"},
    "model": {"kind": "mlp", "encoder": [16], "latents": 2, "decoder": [16], "prior": {"kind": "learned", "hidden": [8]}},
    "training": {"epochs": 1, "batch_rows": 12, "optimizer": {"kind": "sgd"}, "schedule": {"learning_rate": 0.002}}})");
}
Json in_blocks(Json settings, int64_t blocks) {
  settings["training"]["blocks"] = blocks;
  return settings;
}

// Every number that a training ends with, and the losses of its last epoch.
struct State {
  std::vector<double> losses;
  std::vector<float> numbers;
  bool operator==(const State&) const = default;
};
// Trains on; after `stop` steps of an epoch, if any, leaves a checkpoint in the middle of it.
struct Stopped {};
State trained(Experiment& e, Training& training, int64_t stop = -1, const std::filesystem::path& file = {}) {
  State out;
  while (!training.is_done())
    training.epoch([&](int64_t step) {
      if (step == training.steps_per_epoch()) {
        out.losses.clear();
        for (const auto& c : training.steps_of_epoch()) out.losses.push_back(c.loss);
      } else if (step == stop) {
        save_checkpoint(file, e, training, {});
        throw Stopped();
      }
    });
  for (const auto& [name, tensor] : state_of(*e.model))
    for (const float number : tensor.to_vector<float>()) out.numbers.push_back(number);
  return out;
}
State trained(const Json& settings, Device device) {
  Experiment e = experiment_on(device, settings);
  Training training(e);
  return trained(e, training);
}

void check_close(const std::vector<double>& losses, const std::vector<double>& expected) {
  BOOST_REQUIRE_EQUAL(losses.size(), expected.size());
  for (size_t i = 0; i < losses.size(); ++i)
    BOOST_TEST(losses[i] == expected[i], boost::test_tools::tolerance(1e-4));
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_from_the_middle_of_a_sequence) {
  if (no_device()) return;
  RandomKey key{3, 4, 5};
  const auto draw = [&](int64_t n) {
    return bernoulli(key, {n}, 0.5, DType::float32, Device::cuda).to_vector<float>();
  };
  const std::vector<float> all = draw(3000);
  for (const int64_t first : {1, 63, 64, 130, 1024, 2001}) {
    key.first = first;
    const std::vector<float> expected(all.begin() + first, all.end());
    BOOST_TEST((draw(3000 - first) == expected));
    BOOST_TEST((bernoulli(key, {3000 - first}, 0.5).to_vector<float>() == expected));
    BOOST_TEST((draw(1) == std::vector<float>{all[size_t(first)]}));
  }
}

BOOST_AUTO_TEST_CASE(batch_norm_is_over_all_blocks) {
  if (no_device()) return;
  for (const bool images : {false, true}) {
    const Shape shape = images ? Shape{7, 3, 2, 2} : Shape{7, 11};
    const Tensor x = normal({1, 2, 3}, shape, 0.5, 2, DType::float64);
    const Tensor weights = uniform({1, 2, 4}, shape, 0.5, 1.5, DType::float64);
    const Normalised whole = normalised(x, weights, 0, images);
    for (const int64_t blocks : {1, 3, 7})  // blocks of one row, too
      check_close(normalised(x, weights, blocks, images, Device::cuda), whole, 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(numbers_of_some_rows_of_each_copy_of_a_batch) {
  if (no_device()) return;
  RandomKey key{3, 4, 5};
  key.first = 30, key.run = 70, key.stride = 1000;
  const Tensor on_cpu = bernoulli(key, {3, 70}, 0.5);
  BOOST_TEST((bernoulli(key, {3, 70}, 0.5, DType::float32, Device::cuda).to_vector<float>() ==
              on_cpu.to_vector<float>()));
}

BOOST_AUTO_TEST_CASE(losses_that_are_no_mean_over_the_rows) {
  if (no_device()) return;
  for (const Json& loss :
       {Json{{"free_nats", 0.3}}, Json{{"capacity", 0.9}}, Json{{"objective", "iwae"}, {"samples", 3}}})
    BOOST_TEST_CONTEXT(loss) {
      Json settings = table();
      settings["model"].erase("prior");  // free nats are those of the standard prior
      settings["training"]["epochs"] = 1;
      settings["loss"].update(loss);
      const State cut = trained(in_blocks(settings, 4), Device::cuda);
      check_close(cut.losses, trained(in_blocks(settings, 4), Device::cpu).losses);
      check_close(cut.losses, trained(settings, Device::cuda).losses);
    }
}

BOOST_AUTO_TEST_CASE(training_in_blocks_is_that_of_the_cpu_and_of_whole_batches) {
  if (no_device()) return;
  for (const auto& [settings, blocks] : {std::pair{table(), 4}, {table(), 1}, {images(), 3}, {holes(), 3}})
    BOOST_TEST_CONTEXT(settings["name"] << " in " << blocks) {
      const State cut = trained(in_blocks(settings, blocks), Device::cuda);
      check_close(cut.losses, trained(in_blocks(settings, blocks), Device::cpu).losses);
      check_close(cut.losses, trained(settings, Device::cuda).losses);
    }
}

BOOST_AUTO_TEST_CASE(blocks_have_the_same_bits_for_any_number_of_threads) {
  if (no_device()) return;
  const State first = trained(in_blocks(table(), 4), Device::cuda);
  const ThreadsScope scope(3);
#if ELBOW_CUDA_EMULATED
  cuda::emulator::set_order(cuda::emulator::Order::backwards);
#endif
  const State second = trained(in_blocks(table(), 4), Device::cuda);
#if ELBOW_CUDA_EMULATED
  cuda::emulator::set_order(cuda::emulator::Order::forwards);
#endif
  BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_CASE(a_state_moves_between_devices_and_goes_on_in_blocks) {
  if (no_device()) return;
  const TemporaryFolder folder;
  const auto file = folder.path / "checkpoint.safetensors";
  const Json settings = in_blocks(table(), 3);
  const State whole = trained(settings, Device::cuda);
  for (const auto& [from, to] :
       {std::pair{Device::cpu, Device::cuda}, {Device::cuda, Device::cpu}, {Device::cuda, Device::cuda}}) {
    Experiment begun = experiment_on(from, settings);
    Training first(begun);
    BOOST_CHECK_THROW(trained(begun, first, 2, file), Stopped);
    Experiment resumed = experiment_on(to, settings);
    Training second(resumed);
    load_checkpoint(file, resumed, second);
    const State state = trained(resumed, second);
    check_close(state.losses, whole.losses);
    if (from == to) BOOST_TEST((state == whole));
  }
}

// What waits then, a copy from the host's memory among it, ends before that memory is freed.
BOOST_AUTO_TEST_CASE(a_training_that_diverges_ends) {
  if (no_device()) return;
  Json settings = in_blocks(table(), 2);
  settings["training"].erase("clip_gradient_norm");
  settings["training"]["schedule"]["learning_rate"] = 1e20;
  BOOST_CHECK_THROW(trained(settings, Device::cuda), Diverged);
}

BOOST_AUTO_TEST_CASE(a_block_that_fails_stops_the_others) {
  if (no_device()) return;
  Blocks all(alone(), 3, 6, 1);
  Tensor x = Tensor::ones({2, 5}, DType::float32, Device::cuda);
  const auto task = [&](bool fails) {
    return [&, fails](int64_t i, const Block&) {
      Tensor mean = Tensor::zeros({5}, DType::float32, Device::cuda), variance = mean.clone();
      const Tensor weight = variance.clone(), bias = variance.clone();
      if (fails && i == 1) throw Error("block 1");
      batch_norm(x, weight, bias, mean, variance, true).to_vector<float>();
    };
  };
  for (const bool fails : {true, false, true})
    BOOST_TEST(error_of([&] { all.run(task(fails)); }) == (fails ? "block 1" : "no error"));
}

BOOST_AUTO_TEST_CASE(blocks_are_not_trained_together_with_others) {
  Json other = in_blocks(table(), 4);
  other["seed"] = 6;
  const Experiment one{Config(in_blocks(table(), 4))}, two{Config(other)};
  BOOST_TEST(contains(why_not_together(one, two), "training.blocks"));
}

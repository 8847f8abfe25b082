// A data set that is too large for the GPU: it is streamed, and all numbers keep their bits.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/fleet.hpp"
#include "tests/data_helpers.hpp"
#include "tests/device_experiment.hpp"
#include "tests/no_device.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// While one lives, sets of more than that many bytes are streamed, by windows of at most as many.
struct Streaming {
  explicit Streaming(int64_t bytes) { stream_rows_above(bytes); }
  ~Streaming() { stream_rows_above({}); }
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;
};

// 5 batches of 16 rows and 9 rows that are dropped; a look at two batches of test rows and the rest of one.
Json experiment(const std::string& rest) {
  Json settings = Json::parse(R"({"name": "streamed", "seed": 5,
    "model": {"kind": "mlp", "encoder": [8], "latents": 2, "decoder": [8], "dropout": 0.1},
    "training": {"epochs": 2, "batch_rows": 16, "schedule": {"learning_rate": 0.01}}})");
  settings.update(Json::parse(rest));
  return settings;
}
Json plain() {
  return experiment(
      R"({"data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 89, "test_rows": 1060}})");
}
Json with_missing() {
  return experiment(R"({"data": {"source": "swiss_roll", "train_rows": 89, "test_rows": 530, "redraw": true,
    "missing": {"rows": 0.5, "entries": 0.3}}})");
}
Json with_classes() {
  return experiment(R"({"data": {"source": "blobs", "train_rows": 89, "test_rows": 530},
    "condition": {"kind": "label", "withheld": 0.5}})");
}
Json images() {  // bytes on the host, in other colours in each epoch
  return experiment(R"({"data": {"source": "idx_images", "train_rows": 89, "test_rows": 20, "coloured": true},
    "condition": {"kind": "label", "withheld": 0.5}, "loss": {"distortion": "bce"}})");
}
struct Case {
  Json settings;
  int64_t batch_bytes;  // of one batch on the device
};
std::vector<Case> cases() {
  return {{plain(), 16 * 4 * 4}, {with_missing(), 16 * 6 * 4}, {with_classes(), 16 * 3 * 4}};
}
// Windows of one batch, of two (which do not divide the epoch), and of the whole epoch; 89 rows do not fit in any of them.
std::vector<int64_t> limits(int64_t batch_bytes) {
  return {0, 2 * batch_bytes + batch_bytes / 2, 5 * batch_bytes};
}

// Every number that a training ends with: the losses of its steps and those of the looks at the test set, the parameters.
struct State {
  std::vector<double> losses;
  std::vector<float> parameters;
  bool operator==(const State&) const = default;
};
State trained(Experiment& e, Training& training) {
  State state;
  DeviceEvaluation evaluation({&e}, *e.model);
  while (!training.is_done()) {
    training.epoch([&](int64_t step) {
      if (step == training.steps_per_epoch())
        for (const auto& losses : training.steps_of_epoch()) state.losses.push_back(losses.loss);
    });
    const Losses test = evaluation.losses().front();
    state.losses.insert(state.losses.end(), {test.loss.mean, test.kl.mean, test.kl.standard_error});
  }
  state.parameters = training.parameters().values().to_vector<float>();
  return state;
}
State trained(const Json& settings) {
  Experiment e = experiment_on(Device::cuda, settings);
  Training training(e);
  return trained(e, training);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_streamed_set_gives_the_same_bits) {
  if (no_device()) return;
  for (const auto& [settings, batch_bytes] : cases()) {
    const State whole = trained(settings);
    for (const int64_t bytes : limits(batch_bytes)) {
      BOOST_TEST_CONTEXT(settings["data"] << ", streamed above " << bytes << " bytes") {
        const Streaming streaming(bytes);
        BOOST_CHECK(trained(settings) == whole);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(streamed_images_have_the_same_bits) {
  if (no_device()) return;
  const State whole = trained(images());
  const Streaming streaming(2 * 16 * (3 * 28 * 28 + 2) * 4);
  BOOST_CHECK(trained(images()) == whole);
}

BOOST_AUTO_TEST_CASE(blocks_come_from_the_host_and_their_test_set_is_streamed) {
  if (no_device()) return;
  Json settings = plain();
  settings["training"]["blocks"] = 2;
  const State whole = trained(settings);
  const Streaming streaming(0);
  BOOST_CHECK(trained(settings) == whole);
}

BOOST_AUTO_TEST_CASE(what_was_released_counts_as_free) {
  if (no_device()) return;
  Backend& gpu = backend(Device::cuda);
  const Shape shape{1 << 20};
  Tensor::empty(shape, DType::float32, Device::cuda);
  const int64_t before = gpu.free_bytes();
  const Tensor held = Tensor::empty(shape, DType::float32, Device::cuda);
  BOOST_TEST(gpu.free_bytes() == before - 4 * shape.numel());
}

BOOST_AUTO_TEST_CASE(windows_are_as_large_as_they_may_be) {
  if (no_device()) return;
  const Experiment e{Config(images())};
  Backend& gpu = backend(Device::cuda);
  const auto steps = [&](int64_t bytes) {
    const Streaming streaming(bytes);
    return RowStream::window_steps(e.data.train, true, 16, 5, gpu);
  };
  const int64_t row = (3 * 28 * 28 + 2) * 4, all = 89 * row + 5 * 16 * 8;
  BOOST_TEST(steps(all) == 0);
  BOOST_TEST(steps(all - 1) == 5);
  BOOST_TEST(steps(5 * 16 * row - 1) == 4);
  BOOST_TEST(steps(3 * 16 * row) == 3);
  BOOST_TEST(steps(0) == 1);
  BOOST_TEST(RowStream::window_steps(e.data.train, true, 16, 5, gpu) == 0);  // half of what is free
  const Models eight(8);
  BOOST_TEST(steps(8 * all) == 0);
  BOOST_TEST(steps(8 * 2 * 16 * row) == 2);
}

BOOST_AUTO_TEST_CASE(steps_in_any_order_find_their_rows) {
  if (no_device()) return;
  std::vector<std::vector<double>> losses;
  for (const bool streamed : {false, true}) {
    std::optional<Streaming> streaming;
    if (streamed) streaming.emplace(2 * 16 * 4 * 4);
    Experiment e = experiment_on(Device::cuda, plain());
    Training training(e);
    training.begin_epoch();
    std::vector<double>& each = losses.emplace_back();
    const int64_t free = backend(Device::cuda).free_bytes();
    for (const int64_t i : {3, 0, 1, 4, 2, 4}) each.push_back(training.step(i).loss);
    BOOST_TEST(backend(Device::cuda).free_bytes() == free);
  }
  BOOST_CHECK(losses[0] == losses[1]);
}

BOOST_AUTO_TEST_CASE(a_streamed_training_resumes_in_the_middle_of_an_epoch) {
  if (no_device()) return;
  const TemporaryFolder folder;
  const auto file = folder.path / "checkpoint.safetensors";
  const Json settings = with_missing();
  const State whole = trained(settings);
  const int64_t window = 2 * 16 * 6 * 4;
  for (const int64_t steps : {1, 2, 3}) BOOST_TEST_CONTEXT(steps << " steps") {
      Experiment begun = experiment_on(Device::cuda, settings);
      Training first(begun);
      struct Stop {};
      const auto stop = [&](int64_t step) {
        if (step < steps) return;
        save_checkpoint(file, begun, first, {});
        throw Stop();
      };
      BOOST_CHECK_THROW(first.epoch(stop), Stop);
      const Streaming streaming(window);
      Experiment resumed = experiment_on(Device::cuda, settings);
      Training second(resumed);
      load_checkpoint(file, resumed, second);
      BOOST_CHECK(trained(resumed, second) == whole);
    }
}

BOOST_AUTO_TEST_CASE(a_streamed_fleet_gives_each_member_its_own_bits) {
  if (no_device()) return;
  for (const auto& [base, batch_bytes] : cases()) BOOST_TEST_CONTEXT(base["data"]) {
      std::vector<Json> settings;
      std::vector<std::unique_ptr<Experiment>> experiments;
      std::vector<std::unique_ptr<Training>> trainings;
      std::vector<std::pair<Experiment*, Training*>> members;
      for (int m = 0; m < 3; ++m) {
        settings.push_back(base);
        settings.back()["seed"] = 10 + m;  // other rows, or another order of them
        experiments.push_back(std::make_unique<Experiment>(Config(settings.back())));
        trainings.push_back(std::make_unique<Training>(*experiments.back()));
        members.emplace_back(experiments.back().get(), trainings.back().get());
      }
      std::vector<EpochLosses> losses;
      {
        const Streaming streaming(3 * 2 * batch_bytes);
        Fleet fleet(members);
        while (fleet.epochs_done() < 2) losses = fleet.epoch([](int64_t) {});
        fleet.return_state();
      }
      for (size_t m = 0; m < members.size(); ++m) {
        Experiment alone = experiment_on(Device::cuda, settings[m]);
        Training training(alone);
        const State state = trained(alone, training);
        BOOST_CHECK(trainings[m]->parameters().values().to_vector<float>() == state.parameters);
        BOOST_CHECK_EQUAL(losses[m].test.loss.mean, state.losses[state.losses.size() - 3]);
      }
    }
}

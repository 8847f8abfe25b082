// Batches that are cut into blocks: their sums, batch norm over all of them, and a training step against that of whole batches.
#include "base/blocks.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "cvae/training.hpp"
#include "tests/block_helpers.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using test::largest_difference;
using test::Normalised;
using test::normalised;
using test::ThreadsScope;

namespace {

Json settings() {
  return Json::parse(R"({
    "name": "blocks", "seed": 5,
    "data": {"source": "correlated_gaussian", "columns": 4, "train_rows": 400, "test_rows": 40},
    "condition": {"kind": "columns", "given": 0.5},
    "model": {"kind": "mlp", "encoder": [16, 16], "latents": 3, "decoder": [16], "dropout": 0.2},
    "loss": {"scale": "column", "kl_warmup_steps": 4},
    "training": {"epochs": 1, "batch_rows": 50, "clip_gradient_norm": 1e9, "optimizer": {"kind": "sgd"}}})");
}

}  // namespace

BOOST_AUTO_TEST_CASE(sums_are_by_halves_of_the_blocks) {
  constexpr int64_t blocks = 7;
  const auto value = [](int64_t b) { return float(std::pow(10.0, double(b % 4)) / 3); };
  const float expected = (value(0) + (value(1) + value(2))) + ((value(3) + value(4)) + (value(5) + value(6)));
  for (const int threads : {1, 2, 5}) {
    const ThreadsScope scope(threads);
    Blocks all(alone(), blocks, 20);
    std::atomic<int64_t> rows{0}, wrong{0}, running{0}, most{0};
    for (int repeat = 0; repeat < 20; ++repeat)
      all.run([&](int64_t i, const Block& block) {
        rows += block.rows;
        if (Block::current() != &block) ++wrong;
        for (int k = 0; k < 3; ++k) {
          const int64_t now = ++running;
          if (now > most) most = now;
          float values[2] = {value(i), 1};
          --running;
          block.sum(values, 2);
          if (values[0] != expected || values[1] != float(blocks)) ++wrong;
        }
      });
    BOOST_TEST(wrong == 0);
    BOOST_TEST(rows == 20 * 20);
    BOOST_TEST(most <= threads);
  }
  BOOST_TEST(!Block::current());
}

BOOST_AUTO_TEST_CASE(a_block_that_fails_stops_the_others) {
  Blocks all(alone(), 4, 8);
  const auto fails = [&](int64_t i, const Block& block) {
    double one = 1;
    block.sum(&one, 1);
    if (i == 2) throw Error("block 2");
    block.sum(&one, 1);
  };
  for (int repeat = 0; repeat < 5; ++repeat)
    BOOST_CHECK_EXCEPTION(all.run(fails), Error,
                          [](const Error& e) { return e.what() == std::string("block 2"); });
  std::atomic<int> good{0};
  all.run([&](int64_t, const Block& block) {
    double one = 1;
    block.sum(&one, 1);
    good += one == 4;
  });
  BOOST_TEST(good == 4);
  BOOST_CHECK_THROW(Blocks(alone(), 9, 8), Error);
}

BOOST_AUTO_TEST_CASE(batch_norm_is_over_all_blocks) {
  for (const bool images : {false, true}) {
    const Shape shape = images ? Shape{7, 3, 2, 2} : Shape{7, 3};
    Tensor x = normal({1, 2, 3}, shape, 0.5, 2, DType::float64);
    const Tensor weights = uniform({1, 2, 4}, shape, 0.5, 1.5, DType::float64);
    const Normalised whole = normalised(x, weights, 0, images);
    for (const int64_t blocks : {1, 3, 7})  // blocks of one row, too
      check_close(normalised(x, weights, blocks, images), whole, 1e-12);
    // and by differences, through the sums
    const Normalised cut = normalised(x, weights, 3, images);
    constexpr double h = 1e-5;
    for (int64_t i = 0; i < x.numel(); ++i) {
      const double before = x.data<double>()[i];
      double losses[2];
      for (const int side : {0, 1}) {
        x.data<double>()[i] = before + (side ? h : -h);
        losses[side] = normalised(x, weights, 3, images).loss;
      }
      x.data<double>()[i] = before;
      BOOST_TEST(std::abs((losses[1] - losses[0]) / (2 * h) - cut.dx.data<double>()[i]) < 1e-8);
    }
  }
}

BOOST_AUTO_TEST_CASE(copies_of_a_block_draw_what_copies_of_the_batch_do) {
  constexpr int64_t copies = 3, rows = 10, width = 7;
  const RandomKey key{3, 4, 5, nullptr, 2};
  const Tensor whole = normal(key, {copies, rows, width});
  Blocks all(alone(), 3, rows);
  std::atomic<int> different{0};
  all.run([&](int64_t, const Block& block) {
    const Tensor here = normal(of_block(key, width), {copies, block.rows, width});
    if (largest_difference(here, slice(whole, 1, block.first, block.first + block.rows)) > 0) ++different;
  });
  BOOST_TEST(different == 0);
  BOOST_TEST(largest_difference(normal(of_block(key, width), whole.shape()), whole) == 0);
}

BOOST_AUTO_TEST_CASE(numbers_from_the_middle_of_a_sequence) {
  RandomKey key{3, 4, 5};
  const Tensor all = normal(key, {40000});
  for (const int64_t first : {1, 63, 64, 130, 16384, 20001}) {
    key.first = first;
    const Tensor rest = normal(key, {40000 - first});
    BOOST_TEST(largest_difference(rest.to(DType::float64), slice(all, 0, first, 40000).to(DType::float64)) ==
               0);
  }
}

// The noise, the masks and the dropped units of a row are the same wherever the batch is cut, so only rounding differs.
BOOST_AUTO_TEST_CASE(a_step_in_blocks_is_that_of_the_whole_batch) {
  Experiment whole(Config(settings(), "whole"));
  Training steps(whole);
  steps.begin_epoch();
  const LossTerms<double> losses = steps.step(0);
  for (const int64_t blocks : {1, 4, 12}) {
    std::vector<float> bits;
    for (const int threads : {1, 3}) {
      const ThreadsScope scope(threads);
      Json cut = settings();
      cut["training"]["blocks"] = blocks;
      Experiment e(Config(cut, "cut"));
      Training training(e);
      training.begin_epoch();
      const LossTerms<double> in_blocks = training.step(0);
      BOOST_TEST(std::abs(in_blocks.loss - losses.loss) < 1e-5);
      BOOST_TEST(std::abs(in_blocks.kl - losses.kl) < 1e-6);
      const Tensor &g = training.parameters().gradients(), &expected = steps.parameters().gradients();
      BOOST_TEST(largest_difference(g.to(DType::float64), expected.to(DType::float64)) < 2e-6);
      BOOST_TEST(e.dropout_stream.state().step == whole.dropout_stream.state().step);
      for (int64_t i = 1; i < 4; ++i) training.step(i);
      const std::vector<float> now = training.parameters().values().to_vector<float>();
      BOOST_TEST((bits.empty() || bits == now));
      bits = now;
      const auto state = state_of(*e.model);
      for (const auto& [name, tensor] : state)
        if (name.ends_with("running_mean")) BOOST_TEST(all_finite(tensor));
    }
  }
}

// What is compared with the mean over the batch, and several draws of each row.
BOOST_AUTO_TEST_CASE(every_loss_is_that_of_the_whole_batch) {
  const auto trained = [](const Json& loss, int64_t blocks, const Json& model) {
    Json json = settings();
    json["loss"].update(loss);
    json["loss"]["kl_warmup_steps"] = 0;
    if (!model.empty()) json["model"] = model;
    json["training"]["blocks"] = blocks;
    Experiment e(Config(json, "losses"));
    Training training(e);
    training.begin_epoch();
    struct {
      LossTerms<double> losses;
      Tensor gradients;
      std::vector<float> bits;  // after a few steps
    } out;
    out.losses = training.step(0);
    out.gradients = training.parameters().gradients().to(DType::float64);
    for (int64_t i = 1; i < 4; ++i) training.step(i);
    out.bits = training.parameters().values().to_vector<float>();
    return out;
  };
  const auto compare = [&](const Json& loss, const Json& model = {}) {
    BOOST_TEST_CONTEXT(loss.dump() << model.dump()) {
      const auto whole = trained(loss, 0, model), other = trained(Json::object(), 0, model);
      BOOST_TEST(largest_difference(whole.gradients, other.gradients) > 1e-3);  // the setting matters
      for (const int64_t blocks : {1, 2, 3, 7}) {
        const auto cut = trained(loss, blocks, model);
        BOOST_TEST(std::abs(cut.losses.loss - whole.losses.loss) < 1e-5);
        BOOST_TEST(std::abs(cut.losses.kl - whole.losses.kl) < 1e-5);
        BOOST_TEST(largest_difference(cut.gradients, whole.gradients) < 5e-6);
        const ThreadsScope scope(3);
        BOOST_TEST((trained(loss, blocks, model).bits == cut.bits));
      }
    }
  };
  for (const double nats : {0.25, 0.4, 0.6}) compare({{"free_nats", nats}});
  compare({{"capacity", 0.95}});  // the KL is 0.93, in some blocks more
  compare({{"free_nats", 0.4}, {"capacity", 1.1}});
  for (const int64_t samples : {2, 5}) compare({{"objective", "iwae"}, {"samples", samples}});
  const Json linear = {{"kind", "linear"}, {"latents", 3}};  // its posteriors have axes
  compare({{"free_nats", 0.01}, {"capacity", 0.02}}, linear);
  compare({{"objective", "iwae"}}, linear);
}

BOOST_AUTO_TEST_CASE(too_many_blocks_are_refused) {
  Json changed = settings();
  changed["training"]["blocks"] = 51;
  BOOST_CHECK_EXCEPTION(Experiment(Config(changed, "refused.json")), Error, [](const Error& e) {
    return std::string(e.what()).find("training.blocks") != std::string::npos;
  });
}

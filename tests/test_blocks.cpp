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

BOOST_AUTO_TEST_CASE(sums_are_in_the_order_of_the_blocks) {
  constexpr int64_t blocks = 7;
  const auto value = [](int64_t b) { return float(std::pow(10.0, double(b % 4)) / 3); };
  float expected = 0;
  for (int64_t b = 0; b < blocks; ++b) expected += value(b);
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
    for (const int64_t blocks : {1, 3, 7}) {  // blocks of one row, too
      const Normalised cut = normalised(x, weights, blocks, images);
      BOOST_TEST(std::abs(cut.loss - whole.loss) < 1e-11);
      BOOST_TEST(largest_difference(cut.dx, whole.dx) < 1e-12);
      BOOST_TEST(largest_difference(cut.dweight, whole.dweight) < 1e-11);
      BOOST_TEST(largest_difference(cut.dbias, whole.dbias) < 1e-11);
      BOOST_TEST(largest_difference(cut.mean, whole.mean) < 1e-14);
      BOOST_TEST(largest_difference(cut.variance, whole.variance) < 1e-14);
    }
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

BOOST_AUTO_TEST_CASE(losses_that_are_no_mean_over_the_rows_are_refused) {
  const auto message = [](const char* key, const Json& value, int64_t blocks) -> std::string {
    Json changed = settings();
    changed["loss"][key] = value;
    changed["training"]["blocks"] = blocks;
    try {
      Experiment e(Config(changed, "refused.json"));
      const Training training(e);
    } catch (const Error& e) { return e.what(); }
    return "";
  };
  BOOST_TEST(message("free_nats", 0.1, 4).find("loss.free_nats") != std::string::npos);
  BOOST_TEST(message("capacity", 3, 4).find("loss.capacity") != std::string::npos);
  BOOST_TEST(message("objective", "iwae", 4).find("loss.objective") != std::string::npos);
  BOOST_TEST(message("free_nats", 0.1, 0) == "");
  BOOST_TEST(message("beta", 1, 51).find("training.blocks") != std::string::npos);
}

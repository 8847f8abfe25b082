// The timers of ops: which parts they list and how often, and the counter of multiply-adds. (How long anything takes is not
// tested.)
#include <boost/test/unit_test.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "autograd/autograd.hpp"
#include "autograd/profile.hpp"
#include "cvae/training.hpp"
#include "experiments/bench/bench.hpp"
#include "experiments/bench/limits.hpp"

using namespace elbow;

namespace {

const std::string baseline = ELBOW_SOURCE_DIR "/experiments/baseline.json";

using Calls = std::map<std::pair<std::string, Work>, int64_t>;
Calls calls_of(const Profile& profile) {
  Calls calls;
  for (const Profile::Line& line : profile.lines()) calls[{std::string(line.name), line.work}] += line.calls;
  return calls;
}

// sum(square(x w)) + sum(x w): three kinds of ops forward, and the same backward.
void work(const Tensor& x, const Tensor& w) {
  Tape tape;
  const Tensor y = matmul(x, w);
  tape.backward(sum(square(y)) + sum(y));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_op_is_listed_with_its_calls) {
  const Tensor x = Tensor::ones({3, 4});
  Tensor w = Tensor::ones({4, 5});
  w.set_requires_grad();
  Profile profile;
  work(x, w);
  work(x, w);
  Calls expected;
  for (const Work pass : {Work::forward, Work::backward}) {
    for (const char* op : {"matmul", "square", "add"}) expected[{op, pass}] = 2;
    expected[{"sum", pass}] = 4;
  }
  expected[{"tape", Work::beside}] = 2;
  BOOST_TEST((calls_of(profile) == expected));
  for (const Profile::Line& line : profile.lines()) BOOST_TEST(line.seconds >= 0, line.name);
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded_when_off) {
  Tensor x = Tensor::ones({3, 4}), w = Tensor::ones({4, 5});
  w.set_requires_grad();
  work(x, w);
  Profile outer;
  BOOST_TEST(outer.lines().empty());
  {
    Profile inner;
    work(x, w);
    BOOST_TEST(!inner.lines().empty());
  }
  BOOST_TEST(outer.lines().empty());  // of two, the inner one looks
  std::thread([&] { work(x, w.detach().set_requires_grad()); }).join();
  BOOST_TEST(outer.lines().empty());  // the work of another thread
  square(x);
  BOOST_TEST(outer.lines().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_op_that_fails_is_left) {
  Profile profile;
  BOOST_CHECK_THROW(matmul(Tensor::ones({3, 4}), Tensor::ones({3, 4})), Error);
  square(Tensor::ones({2}));
  const Calls expected = {{{"matmul", Work::forward}, 1}, {{"square", Work::forward}, 1}};
  BOOST_TEST((calls_of(profile) == expected));
}

BOOST_AUTO_TEST_CASE(multiply_adds_of_products) {
  Tensor x = Tensor::ones({3, 4}), w = Tensor::ones({4, 5});
  w.set_requires_grad();
  work(x, w);
  const MultiplyAdds outer;
  BOOST_TEST(outer.count() == 0);
  work(x, w);  // forward, and the gradient of w
  BOOST_TEST(outer.count() == 2 * 3 * 4 * 5);
  const MultiplyAdds inner;
  const NoGrad no_grad;
  const Tensor images = Tensor::ones({2, 3, 8, 8}), kernel = Tensor::ones({5, 3, 3, 3});
  conv2d(images, kernel);
  BOOST_TEST(inner.count() == 2 * (6 * 6) * 5 * (3 * 3 * 3));
}

// Each op of a step on the tape runs forward once and, unless it has no derivative, backward once.
BOOST_AUTO_TEST_CASE(a_training_step) {
  Experiment e(Config::read(baseline, {"data.train_rows=256", "data.test_rows=256"}));
  Training training(e);
  training.begin_epoch();
  training.start(0);
  Profile profile;
  training.start(1);
  const Calls calls = calls_of(profile);
  const auto count = [&](const char* name, Work work) {
    const auto found = calls.find({name, work});
    return found == calls.end() ? 0 : found->second;
  };
  // Three hidden layers each, the layers of mean and log variance, and that of the output.
  for (const Work pass : {Work::forward, Work::backward}) {
    BOOST_TEST(count("linear", pass) == 9);
    BOOST_TEST(count("gaussian_kl", pass) == 1);
  }
  for (const char* part : {"batch", "optimizer", "tape"}) BOOST_TEST(count(part, Work::beside) == 1, part);
  for (const char* part :
       {"mask", "random numbers"})  // the mask and [x m, m]; the numbers of the mask, and the noise
    BOOST_TEST(count(part, Work::beside) == 2, part);
  for (const auto& [key, n] : calls)
    if (key.second == Work::backward) BOOST_TEST(count(key.first.c_str(), Work::forward) >= n, key.first);
}

// Adam reads weight, gradient and two moments, and writes all but the gradient.
BOOST_AUTO_TEST_CASE(what_the_optimizer_moves) {
  std::ostringstream out;
  bench_step({.config = baseline,
              .settings = {"data.train_rows=256", "data.test_rows=256", "training.batch_rows=2",
                           "model.encoder=[2048,2048]", "model.decoder=[2048,2048]"},
              .json = true,
              .steps = 1,
              .repeats = 1},
             out);
  const auto timed = nlohmann::json::parse(out.str());
  const int64_t least = 28 * timed.at("parameters").get<int64_t>() - 2 * last_cache_bytes();
  const auto bytes = timed.at("optimizer_bytes_per_step").get<int64_t>();
  BOOST_TEST(bytes >= least);
  BOOST_TEST(bytes < std::max<int64_t>(1, least + 100'000));  // the padding between parameters
}

BOOST_AUTO_TEST_CASE(the_command) {
  BenchStepOptions options{.config = baseline,
                           .settings = {"data.train_rows=256", "data.test_rows=256"},
                           .json = true,
                           .steps = 2,
                           .repeats = 1};
  std::ostringstream step, profile, table;
  bench_step(options, step);
  const auto timed = nlohmann::json::parse(step.str());
  // Of 64 rows: every product forward, and for both of its factors backward, but for the encoder's input.
  const int64_t forward = 64 * (6 * 64 + 6 * 64 * 64 + 68 * 64 + 64 * 2);
  BOOST_TEST(timed.at("flop_per_eval_step").get<int64_t>() == 2 * forward);
  BOOST_TEST(timed.at("flop_per_step").get<int64_t>() == 2 * (3 * forward - 64 * 6 * 64));
  BOOST_TEST(timed.at("peak_gflops_per_core").get<double>() > 0);
  BOOST_TEST(timed.at("memory_gbytes_per_s").get<double>() > 0);
  BOOST_TEST(timed.at("optimizer_bytes_per_step").get<int64_t>() == 0);  // all of it stays in caches
  profile_step(options, profile);
  const auto parts = nlohmann::json::parse(profile.str());
  double sum = 0;
  for (const auto& op : parts.at("ops"))
    sum += op.at("forward_us").get<double>() + op.at("backward_us").get<double>();
  for (const auto& part : parts.at("beside")) sum += part.at("us").get<double>();
  BOOST_TEST(sum == parts.at("timed_step_us").get<double>(), boost::test_tools::tolerance(1e-6));
  options.json = false;
  profile_step(options, table);
  for (const char* name : {"linear", "batch_norm", "optimizer", "everything else", "step"})
    BOOST_TEST(table.str().find(str("  ", name, " ")) != std::string::npos, name);
}

#include "experiments/bench/bench.hpp"

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <ostream>

#include "autograd/backend/backend.hpp"
#include "autograd/memory.hpp"
#include "autograd/profile.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "base/stopwatch.hpp"
#include "base/streams.hpp"
#include "cvae/fleet.hpp"
#include "cvae/sampling.hpp"
#include "experiments/bench/limits.hpp"

namespace elbow {
namespace {

// Median over the repeats of the mean time of one call, in microseconds; wait() until a device has done them all.
template <class F, class Wait> double median_us(int repeats, int steps, F f, Wait wait) {
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    const Stopwatch watch;
    for (int s = 0; s < steps; ++s) f(s);
    wait();
    times.push_back(watch.seconds() / steps * 1e6);
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[size_t(repeats / 2)];
}

// Prints facts as lines, or as one JSON object.
void print(const nlohmann::ordered_json& facts, bool json, std::ostream& out) {
  if (json) {
    out << facts.dump() << '\n';
    return;
  }
  for (const auto& [key, value] : facts.items()) out << key << ": " << value << '\n';
}

// Of the matrix products and convolutions of one call, on the CPU.
template <class F> int64_t flop_of(F f) {
  const MultiplyAdds products;
  f(0);
  return 2 * products.count();
}

// Bytes that each step of the optimiser must read from memory and write to it. It reads the values, the gradients and its own buffers, and
// writes all but the gradients: 28 bytes for each float32 parameter of Adam. What the last-level cache keeps from one step to the
// next is neither read nor written: 0 for a model that fits.
int64_t optimizer_bytes_of(Training& training) {
  const Tensor& values = training.parameters().values();
  const auto buffers = int64_t(training.optimizer().buffers().size());
  const int64_t moved = values.numel() * int64_t(bytes_of(values.dtype())) * (3 + 2 * buffers);
  return std::max<int64_t>(0, moved - 2 * last_cache_bytes());
}

// Several models at once, each with its own seed.
void bench_fleet(const BenchStepOptions& o, std::ostream& out) {
  if (default_device() != Device::cuda)
    throw Error("--models: several models are trained at once on a GPU: --device cuda");
  set_default_device(Device::cpu);  // each member's own model
  std::list<Experiment> experiments;
  std::list<Training> trainings;
  std::vector<std::pair<Experiment*, Training*>> members;
  for (int m = 0; m < o.models; ++m) {
    auto settings = o.settings;
    settings.push_back(str("seed=", m + 1));
    Experiment& e = experiments.emplace_back(Config::read(o.config, settings));
    members.emplace_back(&e, &trainings.emplace_back(e));
  }
  Fleet fleet(members);
  fleet.begin_epoch();
  const int64_t batches = fleet.steps_per_epoch();
  const auto wait = [&] { fleet.wait(); };
  for (int64_t s = 0; s < 20; ++s) fleet.start(s % batches);
  wait();
  const double us = median_us(
      o.repeats, o.steps, [&](int s) { fleet.start(s % batches); }, wait);
  print({{"name", experiments.front().name},
         {"device", "cuda"},
         {"models", o.models},
         {"rows", experiments.front().training.batch_rows},
         {"parameters", experiments.front().model->parameters()},
         {"launches", fleet.launches()},
         {"train_step_us", us},
         {"train_step_us_per_model", us / o.models}},
        o.json, out);
}

}  // namespace

void bench_step(const BenchStepOptions& o, std::ostream& out) {
  set_threads(o.threads);
  if (o.models > 1) return bench_fleet(o, out);
  Experiment e(Config::read(o.config, o.settings));
  Training training(e);
  training.begin_epoch();
  const int64_t batches = training.steps_per_epoch();
  const auto wait = [&] { training.finish(); };
  for (int64_t s = 0; s < 20; ++s) training.start(s % batches);
  wait();
  const int64_t before = memory_statistics().system_allocations;
  const auto train = [&](int s) { training.start(s % batches); };
  const double peak_before = median_fma_peak<float>();
  const double train_us = median_us(o.repeats, o.steps, train, wait);
  const int64_t allocations = memory_statistics().system_allocations - before;
  const int64_t train_flop = flop_of(train);

  e.model->train(false);
  Batches test(e.data.test, e.training.batch_rows, LastBatch::drop);
  Condition::Drawn drawn;
  const NoGrad no_grad;
  const auto evaluate = [&](int s) {
    const Batch& batch = test.get(s % test.count());
    e.condition.draw(batch, {e.seed, stream::evaluation_masks, uint64_t(s)}, drawn);
    elbo(*e.model, batch, drawn.c, e.loss, evaluation_noise(e.seed, uint64_t(s)));
  };
  const double eval_us = median_us(o.repeats, o.steps, evaluate, wait);
  nlohmann::ordered_json result = {{"name", e.name},
                                   {"device", name_of(e.model->device())},
                                   {"threads", machine().threads},
                                   {"isa", machine().isa},
                                   {"rows", e.training.batch_rows},
                                   {"parameters", e.model->parameters()},
                                   {"train_step_us", train_us},
                                   {"eval_step_us", eval_us},
                                   {"system_allocations", allocations}};
  if (e.model->device() == Device::cpu) {
    result["flop_per_step"] = train_flop;
    result["flop_per_eval_step"] = flop_of(evaluate);
    result["peak_gflops_per_core"] = (peak_before + median_fma_peak<float>()) / 2;
    result["optimizer_bytes_per_step"] = optimizer_bytes_of(training);
    result["memory_gbytes_per_s"] = median_memory_rate();
  } else {
    result["launches"] = training.launches();
  }
  if (tf32_allowed()) result["tf32"] = true;
  print(result, o.json, out);
}

}  // namespace elbow

#include "experiments/bench/step.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "autograd/memory.hpp"
#include "autograd/tape.hpp"
#include "cvae/training.hpp"
#include "experiments/machine.hpp"
#include "nn/stopwatch.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

// Median over the repeats of the mean time of one call, in microseconds.
template <class F> double median_us(int repeats, int steps, F f) {
  std::vector<double> times;
  for (int r = 0; r < repeats; ++r) {
    const Stopwatch watch;
    for (int s = 0; s < steps; ++s) f(s);
    times.push_back(watch.seconds() / steps * 1e6);
  }
  std::nth_element(times.begin(), times.begin() + repeats / 2, times.end());
  return times[size_t(repeats / 2)];
}

}  // namespace

void bench_step(const BenchStepOptions& o, std::ostream& out) {
  set_threads(o.threads);
  Experiment e(Config::read(o.config, o.settings));
  Training training(e);
  training.begin_epoch();
  const int64_t batches = training.steps_per_epoch();
  for (int64_t s = 0; s < 20; ++s) training.step(s % batches);
  const int64_t before = memory_statistics().system_allocations;
  const double train_us = median_us(o.repeats, o.steps, [&](int s) { training.step(s % batches); });
  const int64_t allocations = memory_statistics().system_allocations - before;

  e.model->train(false);
  Batches test(e.data.test, e.training.batch_rows, LastBatch::drop);
  Condition::Drawn drawn;
  const NoGrad no_grad;
  const double eval_us = median_us(o.repeats, o.steps, [&](int s) {
    const Batch& batch = test.get(s % test.count());
    e.condition.draw(batch, {e.seed, stream::evaluation_masks, uint64_t(s)}, drawn);
    elbo(*e.model, batch, drawn.c, e.loss, {e.seed, stream::evaluation_noise, uint64_t(s)});
  });
  const nlohmann::ordered_json result = {{"name", e.name},
                                         {"threads", machine().threads},
                                         {"isa", machine().isa},
                                         {"rows", e.training.batch_rows},
                                         {"parameters", e.model->parameters()},
                                         {"train_step_us", train_us},
                                         {"eval_step_us", eval_us},
                                         {"system_allocations", allocations}};
  if (o.json) {
    out << result.dump() << '\n';
    return;
  }
  for (const auto& [key, value] : result.items()) out << key << ": " << value << '\n';
}

}  // namespace elbow

#include "cvae/training.hpp"

#include <cmath>

#include "autograd/tape.hpp"
#include "cvae/evaluation.hpp"
#include "nn/stopwatch.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

std::unique_ptr<Optimizer> make_optimizer(const TrainingSettings& t, const FlatParameters& parameters) {
  return t.optimizer == "sgd" ? make_sgd(parameters, t.sgd) : make_adam(parameters, t.adam);
}

}  // namespace

Training::Training(Experiment& experiment)
    : experiment_(experiment),
      parameters_(*experiment.model),
      optimizer_(make_optimizer(experiment.training, parameters_)),
      batches_(experiment.data.train, experiment.training.batch_rows, LastBatch::drop) {}

void Training::begin_epoch() {
  if (experiment_.data.redraw) experiment_.data.redraw(experiment_.data.train, epochs_done_);
  batches_.shuffle({experiment_.seed, stream::shuffle, uint64_t(epochs_done_)});
  experiment_.model->train();
  experiment_.model->freeze_statistics(double(epochs_done_) >=
                                       experiment_.training.freeze_after * double(experiment_.training.epochs));
}

Training::StepCosts Training::step(int64_t i) {
  Experiment& e = experiment_;
  const uint64_t step = uint64_t(optimizer_->steps());
  const Batch& batch = batches_.get(i);
  e.condition.draw(batch, {e.seed, stream::masks, step}, drawn_);
  parameters_.zero_gradients();
  Tape tape;
  const Elbo costs = elbo(*e.model, batch, drawn_.c, e.loss, {e.seed, stream::noise, step}, int64_t(step));
  tape.backward(costs.loss);
  if (e.training.clip > 0) parameters_.clip_gradients(e.training.clip);
  optimizer_->step(e.training.schedule.at(int64_t(step)));
  const double distortion = costs.distortion.item(), kl = costs.kl.item();
  return {distortion + e.loss.beta * kl, distortion, kl};
}

Costs Training::epoch(const std::function<void(int64_t)>& progress) {
  const Stopwatch watch;
  const double seconds_before = train_seconds_;
  begin_epoch();
  while (int64_t(steps_of_epoch_.size()) < batches_.count()) {
    const int64_t i = int64_t(steps_of_epoch_.size());
    const StepCosts c = step(i);
    if (!std::isfinite(c.loss))
      throw Diverged(str("train: the loss is ", c.loss, " at epoch ", epochs_done_ + 1, ", step ", i + 1,
                         ": lower the learning rate, or find the op at fault with --check-nan"));
    steps_of_epoch_.push_back(c);
    train_seconds_ = seconds_before + watch.seconds();
    progress(i + 1);
  }
  const auto mean_of = [&](double StepCosts::*cost) {
    std::vector<double> values;
    for (const StepCosts& c : steps_of_epoch_) values.push_back(c.*cost);
    return estimate_of(values);
  };
  const Costs costs{mean_of(&StepCosts::loss), mean_of(&StepCosts::distortion), mean_of(&StepCosts::kl)};
  ++epochs_done_;
  steps_of_epoch_.clear();
  return costs;
}

}  // namespace elbow

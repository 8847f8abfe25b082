#include "cvae/training.hpp"

#include <cmath>

#include "autograd/tape.hpp"
#include "base/stopwatch.hpp"
#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
Losses means_of(const std::vector<LossTerms<double>>& steps) {
  LossTerms<std::vector<double>> values;
  for (const auto& step : steps) {
    values.loss.push_back(step.loss);
    values.distortion.push_back(step.distortion);
    values.kl.push_back(step.kl);
  }
  return values.map(estimate_of);
}

namespace {
Cvae& fitted(const Experiment& e) {
  e.model->fit(e.data.train);
  return *e.model;
}
}  // namespace

Training::Training(Experiment& experiment, const Ranks& ranks)
    : experiment_(experiment),
      ranks_(ranks),
      parameters_(fitted(experiment)),
      optimizer_(make_optimizer(experiment.training, parameters_)),
      batches_(experiment.data.train, experiment.training.batch_rows, LastBatch::drop),
      best_(experiment) {
  if (const double fraction = experiment.training.validation.fraction;
      fraction > 0 && experiment.data.validation.rows() == 0)
    experiment.settings.section("training")
        .section("validation")
        .fail("fraction",
              str(fraction, " of the ", experiment.data.train.rows(),
                  " training rows: validation needs at least 2 rows, and as many must be left: give it "
                  "more rows, or leave `validation` out"));
  if (experiment.training.blocks > 0 || ranks.several())
    in_blocks_ = std::make_unique<BlockSteps>(experiment, parameters_, ranks);
  if (in_blocks_ || experiment.model->device() == Device::cpu) return;
  on_device_ = std::make_unique<DeviceSteps>(std::vector<const Experiment*>{&experiment}, *experiment.model,
                                             experiment.dropout_stream, parameters_, *optimizer_);
}

void Training::begin_epoch() {
  if (experiment_.data.redraw) {
    experiment_.data.redraw(experiment_.data.train, epochs_done_);
    if (on_device_) on_device_->rows_changed();
  }
  batches_.shuffle({experiment_.seed, stream::shuffle, uint64_t(epochs_done_)});
  experiment_.model->train();
  experiment_.model->freeze_statistics(experiment_.training.freezes(epochs_done_));
  if (in_blocks_) in_blocks_->begin_epoch(experiment_.training.freezes(epochs_done_));
  if (on_device_) on_device_->begin_epoch({&batches_.order()}, started_);
}

void Training::start(int64_t i) {
  if (on_device_) return on_device_->start(i);
  Experiment& e = experiment_;
  const uint64_t step = uint64_t(optimizer_->steps());
  const Batch& batch = batches_.get(i);
  e.condition.draw(batch, {e.seed, stream::masks, step}, drawn_);
  if (in_blocks_) {
    last_ = in_blocks_->gradients(batch, drawn_.c, step);
  } else {
    parameters_.zero_gradients();
    Tape tape;
    const Elbo losses = elbo(*e.model, batch, drawn_.c, e.loss, training_noise(e.seed, step),
                             kl_term_at(e.loss, int64_t(step)));
    tape.backward(losses.loss);
    last_ = losses_of(losses.distortion.item(), losses.kl.item());
  }
  const double rate = e.training.schedule.at(int64_t(step));
  if (shares_step()) {
    if (e.training.clip > 0) parameters_.clip_gradients(e.training.clip, ranks_);
    return optimizer_->step(rate, ranks_);
  }
  if (e.training.clip > 0) parameters_.clip_gradients(e.training.clip);
  optimizer_->step(rate);
}

bool Training::shares_step() const { return in_blocks_ && experiment_.model->device() == Device::cpu; }

void Training::gather_state() {
  if (shares_step()) optimizer_->gather_buffers(ranks_);
}

void Training::finish() {
  if (on_device_) on_device_->wait();
  if (in_blocks_) in_blocks_->wait();
}

LossTerms<double> Training::losses_of(double distortion, double kl) const {
  return {distortion + experiment_.loss.beta * kl, distortion, kl};
}

LossTerms<double> Training::step(int64_t i) {
  start(i);
  if (!on_device_) return last_;
  const auto losses = on_device_->losses(i, i + 1);
  return losses_of(losses[0], losses[1]);
}

const std::vector<LossTerms<double>>& Training::steps_of_epoch() {
  const int64_t known = int64_t(steps_of_epoch_.size());
  if (known == started_) return steps_of_epoch_;
  const auto losses =
      on_device_ ? on_device_->losses(known, started_) : std::vector{last_.distortion, last_.kl};
  for (size_t i = 0; i < losses.size(); i += 2) {
    const LossTerms<double> c = losses_of(losses[i], losses[i + 1]);
    if (!std::isfinite(c.loss))
      throw Diverged(str("train: the loss is ", c.loss, " at epoch ", epochs_done_ + 1, ", step ",
                         steps_of_epoch_.size() + 1,
                         ": lower the learning rate, or find the op at fault with --check-nan"));
    steps_of_epoch_.push_back(c);
  }
  return steps_of_epoch_;
}

Losses Training::epoch(const std::function<void(int64_t)>& progress) {
  const Stopwatch watch;
  const double seconds_before = train_seconds_;
  begin_epoch();
  while (started_ < batches_.count()) {
    start(started_++);
    if (!on_device_ || started_ == batches_.count()) steps_of_epoch();
    train_seconds_ = seconds_before + watch.seconds();
    progress(started_);
  }
  const Losses losses = means_of(steps_of_epoch_);
  ++epochs_done_;
  started_ = 0;
  steps_of_epoch_.clear();
  validation_ = best_.look(epochs_done_);
  return losses;
}

}  // namespace elbow

#include "experiments/runs/epochs.hpp"

#include <cmath>
#include <csignal>

#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/mpirun.hpp"
#include "experiments/runs/results.hpp"

namespace elbow {

double train_step_us(const Training& training) {
  const int64_t steps = training.epochs_done() * training.steps_per_epoch();
  return steps ? training.train_seconds() / double(steps) * 1e6 : std::nan("");
}

void Epochs::run() {
  while (!training_.is_done()) {
    const int64_t epoch = training_.epochs_done();
    EpochLosses losses;
    losses.epoch = epoch + 1;
    losses.train = training_.epoch([&](int64_t step) {
      progress_.step(epoch, step);
      between_steps();
    });
    losses.test = look_at_test_set();
    require_finite(losses.test);
    losses.validation = training_.validation();
    done_.push_back(losses);
    progress_.epoch(losses, train_step_us(training_));
    folder_.log(str("epoch ", losses.epoch, " train loss ", fixed(losses.train.loss.mean, 5), " test loss ",
                    fixed(losses.test.loss.mean, 5),
                    std::isnan(losses.validation.loss.mean)
                        ? ""
                        : " validation loss " + fixed(losses.validation.loss.mean, 5)));
    // saved as often as that takes at most a few percent of the time, and always at the end
    save_or_stop(since_save_.seconds() > 20 * save_seconds_ || training_.is_done());
  }
}

void Epochs::save() {
  folder_.require_claim();
  if (!all_finite(*e_.model)) return;
  const std::filesystem::path file = folder_.file("checkpoint.safetensors");
  since_save_.restart();  // listing the file, which is done once, says nothing of the next checkpoint
  save_checkpoint(file, e_, training_, done_);
  save_seconds_ = since_save_.seconds();
}

Losses Epochs::look_at_test_set() {
  if (e_.model->device() == Device::cpu) {
    const RowLosses rows = test_losses(e_, 1, false, epoch_rows(e_));
    eval_seconds_ = rows.seconds;
    return losses_of(rows);
  }
  if (!on_device_) on_device_ = std::make_unique<DeviceEvaluation>(std::vector{&e_}, *e_.model);
  const Stopwatch watch;
  const Losses losses = on_device_->losses().front();
  eval_seconds_ = watch.seconds();
  return losses;
}

// After the last step of an epoch the state is neither that of a step within it nor that of the next epoch.
void Epochs::between_steps() {
  if (training_.steps_started() == training_.steps_per_epoch()) return;
  save_or_stop(since_save_.seconds() > checkpoint_seconds_);
}

void Epochs::save_or_stop(bool time_to_save) {
  const auto [signal, wanted] = wish_of_any(ranks_, {interrupts_.signal(), time_to_save});
  const bool in_time = signal && 1.5 * save_seconds_ < interrupts_.seconds_left();
  if (signal) interrupts_.handled();
  if (signal || wanted) training_.gather_state();
  if (wanted || in_time) save();
  if (!signal) return;
  folder_.log(interrupted);
  throw Interrupted(signal, how_to_go_on);
}

// It asks for wishes, and gathers the state, exactly when the first rank does.
void follow(Ranks& ranks, Training& training) {
  InterruptWatch interrupts([] {});
  const auto gather_or_stop = [&] {
    const auto [signal, wanted] = wish_of_any(ranks, {interrupts.signal(), false});
    if (signal) interrupts.handled();
    if (signal || wanted) training.gather_state();
    if (!signal) return;
    throw ReportedElsewhere(128 + signal);
  };
  while (!training.is_done()) {
    training.epoch([&](int64_t step) {
      if (step < training.steps_per_epoch()) gather_or_stop();
    });
    gather_or_stop();
  }
  ranks.done();
}

}  // namespace elbow

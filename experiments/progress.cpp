#include "experiments/progress.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace elbow {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Progress::Progress(bool quiet, int64_t epochs, int64_t steps_per_epoch, int64_t done)
    : quiet_(quiet),
      terminal_(isatty(STDOUT_FILENO)),
      epochs_(epochs),
      steps_per_epoch_(steps_per_epoch),
      first_(done),
      start_(now()) {}

void Progress::step(int64_t epoch, int64_t steps) {
  if (quiet_ || !terminal_) return;
  constexpr int width = 30;
  const double all = double(epochs_ * steps_per_epoch_), done = double(epoch * steps_per_epoch_ + steps);
  const double begun = double(first_ * steps_per_epoch_);
  const int filled = int(width * done / all);
  const double left = done > begun ? (now() - start_) * (all - done) / (done - begun) : 0;
  std::printf("\r\033[K%s%s epoch %ld/%ld  %s  %.0f s left", std::string(size_t(filled), '#').c_str(),
              std::string(size_t(width - filled), '.').c_str(), long(epoch + 1), long(epochs_), last_.c_str(),
              left);
  std::fflush(stdout);
}

void Progress::epoch(const EpochCosts& e, double train_step_us) {
  char text[200];
  std::snprintf(text, sizeof text, "loss %.4f (train)  %.4f (test: distortion %.4f, KL %.4f)  %.0f us a step",
                e.train.loss.mean, e.test.loss.mean, e.test.distortion.mean, e.test.kl.mean, train_step_us);
  last_ = text;
  if (quiet_) return;
  if (terminal_)
    step(e.epoch - 1, steps_per_epoch_);
  else
    line("epoch " + std::to_string(e.epoch) + "/" + std::to_string(epochs_) + "  " + text);
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  std::printf("%s%s\n", terminal_ ? "\r\033[K" : "", text.c_str());
  std::fflush(stdout);
}

void Progress::end() {
  if (!quiet_ && terminal_) std::printf("\n");
}

}  // namespace elbow

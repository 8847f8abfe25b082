#include "experiments/runs/progress.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/text.hpp"
#include "experiments/runs/mpirun.hpp"

namespace elbow {
namespace {

// mpirun hands each rank a terminal of its own, whatever its own output is, and mixes that with the standard error.
bool on_terminal() { return isatty(STDOUT_FILENO) && !begun_as_rank(); }

constexpr const char* clear_line = "\r\033[K";

size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(bool quiet, int64_t epochs, int64_t steps_per_epoch, int64_t done)
    : quiet_(quiet),
      terminal_(on_terminal()),
      epochs_(epochs),
      steps_per_epoch_(steps_per_epoch),
      first_(done) {}

Progress::~Progress() {
  if (!bar_) return;
  std::printf("%s", clear_line);  // the line of an error stands by itself
  std::fflush(stdout);
}

void Progress::step(int64_t epoch, int64_t steps) {
  if (quiet_ || !terminal_) return;
  if (steps < steps_per_epoch_ && drawn_.seconds() < 0.1) return;
  constexpr int width = 20;
  const double all = double(epochs_ * steps_per_epoch_), done = double(epoch * steps_per_epoch_ + steps);
  const double skipped = double(first_ * steps_per_epoch_);  // steps of an earlier run
  const int filled = int(width * done / all);
  const double left = done > skipped ? started_.seconds() * (all - done) / (done - skipped) : 0;
  draw(std::string(size_t(filled), '#') + std::string(size_t(width - filled), '.') +
       str(" epoch ", epoch + 1, '/', epochs_, "  ", std::lround(left), " s left  ", last_));
}

void Progress::work(const std::string& what, int64_t done, int64_t total) {
  if (quiet_) return;
  if (!terminal_) {
    if (done == 0) line(what + " ...");
  } else if (done == 0 || drawn_.seconds() >= 0.1) {
    draw(what + " ..." + (total > 0 ? str(' ', 100 * done / total, " %") : ""));
  }
}

void Progress::draw(std::string bar) {
  drawn_.restart();
  bar.resize(std::min(bar.size(), terminal_width() - 1));  // a line that wraps could not be drawn over
  bar_ = true;
  std::printf("%s%s", clear_line, bar.c_str());
  std::fflush(stdout);
}

void Progress::epoch(const EpochLosses& e, double train_step_us) {
  char text[200];
  std::snprintf(text, sizeof text, "loss %.4f (train)  %.4f (test: distortion %.4f, KL %.4f)  %.0f us a step",
                e.train.loss.mean, e.test.loss.mean, e.test.distortion.mean, e.test.kl.mean, train_step_us);
  last_ = text;
  if (!std::isnan(e.validation.loss.mean)) last_ += str("  ", float(e.validation.loss.mean), " (validation)");
  if (quiet_) return;
  if (terminal_)
    step(e.epoch - 1, steps_per_epoch_);
  else
    line("epoch " + std::to_string(e.epoch) + "/" + std::to_string(epochs_) + "  " + last_);
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  bar_ = false;
  std::printf("%s%s\n", terminal_ ? clear_line : "", plain_text(text, /*lines=*/true).c_str());
  std::fflush(stdout);
}

}  // namespace elbow

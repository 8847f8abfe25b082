#pragma once
#include <string>

#include "base/stopwatch.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What a training prints: a bar that moves on a terminal, a line for each epoch elsewhere, nothing when quiet.
class Progress {
 public:
  Progress(bool quiet, int64_t epochs, int64_t steps_per_epoch, int64_t done);
  /// In the middle of an epoch.
  void step(int64_t epoch, int64_t steps);
  void epoch(const EpochCosts& costs, double train_step_us);
  /// A line on its own.
  void line(const std::string& text);

 private:
  bool quiet_, terminal_;
  int64_t epochs_, steps_per_epoch_, first_;
  Stopwatch begun_, drawn_;  // drawn_: since the bar was drawn
  std::string last_;
};

}  // namespace elbow

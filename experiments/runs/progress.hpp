#pragma once
#include <string>

#include "base/stopwatch.hpp"
#include "experiments/analyses/analysis.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What a training and its analyses print: a line that moves on a terminal, elsewhere a line for each epoch and where long
/// work begins, nothing when quiet.
class Progress {
 public:
  Progress(bool quiet, int64_t epochs, int64_t steps_per_epoch, int64_t done);
  /// Of analyses alone.
  Progress() : Progress(false, 0, 0, 0) {}
  /// Clears the line that moves.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// In the middle of an epoch.
  void step(int64_t epoch, int64_t steps);
  void epoch(const EpochLosses& losses, double train_step_us);
  /// How far an analysis has come; as Tell has it.
  void work(const std::string& what, int64_t done, int64_t total);
  /// Tells of that, for as long as this lives.
  Tell teller() {
    return [this](const std::string& what, int64_t done, int64_t total) { work(what, done, total); };
  }
  /// A line on its own.
  void line(const std::string& text);

 private:
  void draw(std::string bar);

  bool quiet_, terminal_;
  bool bar_ = false;  // stands on the terminal's line
  int64_t epochs_, steps_per_epoch_, first_;
  Stopwatch started_, drawn_;  // drawn_: since the bar was drawn
  std::string last_;
};

}  // namespace elbow

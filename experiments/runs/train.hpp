#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {

/// The options of `elbow train`.
struct TrainOptions {
  std::string config, out;
  std::vector<std::string> settings;  ///< path.to.key=value
  std::string found;                  ///< results_in(out) when a sweep chose what to do; empty: any
  std::optional<uint64_t> seed;       ///< instead of the file's
  int threads = 0;
  double checkpoint_seconds = 120;  ///< the longest time between two checkpoints, plus at most one step
  bool resume = false, force = false, keep = false, quiet = false, check_nan = false;
};

/// Trains, evaluates and draws; see docs/outputs.md for what it leaves in the folder. Error before anything is written
/// when the configuration, the data or the folder is invalid. Interrupted and Diverged leave a checkpoint to resume
/// from, Incomplete leaves complete results without some of the figures.
void train(const TrainOptions& options);

/// The files that a run's folder has from its start: its settings, what is known of its data, and with `inputs` where they lie.
void write_start_of_run(const RunFolder& folder, const Experiment& e, bool inputs);

}  // namespace elbow

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/config.hpp"

namespace elbow {

/// One run of a sweep.
struct SweepRun {
  enum class State {
    fresh,    ///< its folder is not there, or empty
    resume,   ///< its folder holds a checkpoint
    restart,  ///< it was stopped before its first checkpoint
    done
  };
  std::string name;                   ///< such as "loss.beta=0.5,seed=1"; also that of its folder
  std::vector<std::string> settings;  ///< path.to.key=value: what the base is changed by
  std::filesystem::path folder;
  std::string resolved;  ///< Experiment::resolved
  State state = State::fresh;
};

/// What is done of a run by now. Error, naming its folder, if that holds anything else.
SweepRun::State state_of(const SweepRun& run);

/// What a sweep comes to.
struct SweepPlan {
  std::string name;
  std::filesystem::path base, folder;  ///< the configuration that is varied; where the runs go
  std::vector<SweepRun> runs;
};

/// The configuration of a run.
Config config_of(const std::filesystem::path& base, const SweepRun& run);

/// Reads a sweep file (docs/sweeps.md) and finds which of its runs are done. `settings` change the base in addition to
/// the file's own "set"; `out` is the folder, outputs/NAME if empty. Every run's configuration is read and checked.
/// Error, naming file and key, for what is unknown, missing or impossible in the file or in one of its runs; naming the
/// folder, if it holds a run with other settings.
SweepPlan plan_sweep(const std::filesystem::path& file, const std::vector<std::string>& settings,
                     const std::filesystem::path& out);

}  // namespace elbow

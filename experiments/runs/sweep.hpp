#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/config.hpp"

namespace elbow {

/// What `elbow sweep` was asked for.
struct SweepOptions {
  std::string file, out;              ///< `out` empty: outputs/NAME
  std::vector<std::string> settings;  ///< path.to.key=value
  std::optional<std::string> shard;   ///< "I/N": only the I-th of N shares of the runs
  int jobs = 0;                       ///< runs at once; 0 = as many as there are cores for, one for a worker
  int threads = 1;                    ///< of each run
  bool worker = false;                ///< one of many that share the folder
  bool retry_failed = false;          ///< only the runs that have failed, once more
  bool list = false, status = false, dry_run = false, quiet = false;
};

/// Makes all runs of a sweep file, each a process of its own, several at once, and compares them in the end
/// (docs/sweeps.md). Finished runs are skipped, and started ones are resumed: a sweep that was stopped is
/// continued by the same command. Any number of processes, on any machine with the folder, may make the runs of one sweep
/// together. A run that fails does not stop the others; Error at the end names it and says why.
///
/// A worker (or a shard) reads and checks a run only when it is about to make it, and compares nothing. A run that is refused
/// there ends it: an Error, and nothing is written down, because the fault may be this machine's.
void sweep(const SweepOptions& options);

/// One run of a sweep.
struct SweepRun {
  enum class State {
    fresh,    ///< its folder is not there, or empty
    resume,   ///< its folder holds a checkpoint
    restart,  ///< it was stopped before its first checkpoint
    failed,   ///< and nobody has asked to try it again
    done
  };
  std::string name;                   ///< such as "loss.beta=0.5,seed=1"; also that of its folder
  std::vector<std::string> settings;  ///< path.to.key=value: what the base is changed by
  std::filesystem::path folder;
  std::string key;       ///< a Hash of its configuration, without the defaults
  std::string resolved;  ///< Experiment::resolved; set by examine()
  State state = State::fresh;
  std::string found;  ///< results_in(folder) when the state was looked for; set by examine()
};

/// What is done of a run by now, once it was examined. Error, naming its folder, if that holds anything else.
SweepRun::State state_of(const SweepRun& run);

/// What a sweep comes to.
struct SweepPlan {
  std::string name;
  std::filesystem::path file, base,
      folder;  ///< of the sweep; the configuration that is varied; where the runs go
  std::vector<SweepRun> runs;
};

/// The configuration of a run.
Config config_of(const std::filesystem::path& base, const SweepRun& run);

/// Reads a sweep file (docs/sweeps.md) and names its runs. `settings` change the base in addition to the file's own "set";
/// `out` is the folder, outputs/NAME if empty. Error, naming file and key, for what is unknown, missing or impossible in the
/// file; the runs themselves are for examine().
SweepPlan plan_sweep(const std::filesystem::path& file, const std::vector<std::string>& settings,
                     const std::filesystem::path& out);

/// Reads and checks a run's configuration, for which its data are made, the first time; and finds what is done of it by now. Error, naming
/// file, run and key, for what is unknown, missing or impossible; naming the folder, if it holds a run with other settings.
void examine(const SweepPlan& plan, SweepRun& run);

/// Trains the runs of a sweep that can be trained together (cvae/fleet.hpp), up to 64 at once, on the GPU, and leaves each in its
/// folder at its last epoch, for `elbow train --resume` to evaluate. Those that fit no other run are left as they are. Interrupted
/// when a signal has come; all that was trained is saved then.
void train_fleets(const SweepPlan& plan, bool quiet);

}  // namespace elbow

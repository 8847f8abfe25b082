#pragma once
#include <string>
#include <vector>

namespace elbow {

/// What `elbow sweep` was asked for.
struct SweepOptions {
  std::string file, out;              ///< `out` empty: outputs/NAME
  std::vector<std::string> settings;  ///< path.to.key=value
  int jobs = 0;                       ///< runs at once; 0 = as many as there are cores for
  int threads = 1;                    ///< of each run
  bool dry_run = false, quiet = false;
};

/// Makes all runs of a sweep file, each a process of its own, several at once, and compares them in the end
/// (docs/sweeps.md). Runs that are done are not made again, and those that were begun go on: a sweep that was stopped is
/// continued by the same command. A run that fails does not stop the others; Error at the end names it and says why.
void sweep(const SweepOptions& options);

}  // namespace elbow

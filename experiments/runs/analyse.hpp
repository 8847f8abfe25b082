#pragma once
#include <string>
#include <vector>

namespace elbow {

/// What `elbow ANALYSIS RUN` was asked for.
struct AnalyseOptions {
  std::string analysis;               ///< its name
  std::string run, out;               ///< folders; `out` empty: the run's own
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 0;
  bool force = false;  ///< write over existing files
};

/// Makes one analysis of a finished run. Error when the folder holds none, or when there is nothing to see in it.
void analyse(const AnalyseOptions& options);

}  // namespace elbow

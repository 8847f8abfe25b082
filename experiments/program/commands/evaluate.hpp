#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace elbow {

/// What `elbow evaluate` was asked for.
struct EvaluateOptions {
  std::string run, out;               ///< folders; `out` empty: nothing is written
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 0;
  bool json = false, force = false;
};

/// Evaluates the model of a finished run on the test set that its configuration, changed by the settings, describes. Prints
/// the summary to `text`; writes summary.json, the tables of a run and the configuration to `out`. The run's own folder is
/// never written to. Error before anything is written when the model does not fit the settings or the folder will not do.
void evaluate(const EvaluateOptions& options, std::ostream& text);

}  // namespace elbow

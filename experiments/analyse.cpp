#include "experiments/analyse.hpp"

#include <filesystem>
#include <iostream>

#include "experiments/analysis.hpp"
#include "experiments/finished_run.hpp"
#include "experiments/machine.hpp"
#include "experiments/plain_text.hpp"
#include "experiments/run_inputs.hpp"

namespace elbow {

void analyse(const AnalyseOptions& o) {
  if (!o.settings.empty() && o.out.empty())
    throw Error(
        "--set: tables made under other settings than the run's do not belong into its folder: name another "
        "with --out");
  set_threads(o.threads);
  const auto experiment = open_run(o.run, o.settings);
  for (const Analysis& a : analyses())
    if (o.analysis == a.name && !a.applies(*experiment))
      throw Error(str(o.run, ": '", o.analysis, "' has nothing to show of this run"));
  experiment->evaluation.analyses = {{o.analysis}};
  if (o.analysis == "image_scores") find_feature_net(o.run, *experiment);
  check_analyses(*experiment);
  const std::filesystem::path folder = o.out.empty() ? o.run : o.out;
  const bool created = std::filesystem::create_directories(folder);
  const AnalysesDone done = make_analyses(*experiment, folder);
  if (!done.problems.empty()) {
    std::error_code not_empty;  // what was made before the problem stays
    if (created) std::filesystem::remove(folder, not_empty);
    throw Error(done.problems.front());
  }
  std::cout << plain_text(done.text, /*lines=*/true);
  std::cout << "tables and figures are in " << folder.string() << '\n';
}

}  // namespace elbow

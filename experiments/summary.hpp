#pragma once
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// How long things took.
struct Timing {
  double train_step_us = 0, eval_step_us = 0, total_s = 0;
};

/// All that is known at the end of a run.
struct RunResult {
  RunFigures figures;
  Costs train, test;
  std::optional<Estimate> excess;  ///< loss minus that of the optimal linear model on the same rows
  double bound_loss_stderr = 0;    ///< of figures.bound, where its masks had to be sampled
  Timing timing;
};

/// summary.json: the figures of a run for programs to read; docs/outputs.md describes it.
std::string summary_json(const Experiment& experiment, const RunResult& result, int64_t epochs);

/// A few lines for a person.
std::string summary_text(const RunResult& result);

}  // namespace elbow

#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// How long things took.
struct Timing {
  double train_step_us = 0, eval_step_us = 0, total_s = 0;
};

/// All that is known of a trained model.
struct RunResult {
  RunFigures figures;
  Costs train, test;
  std::optional<Estimate> excess;  ///< loss minus that of the optimal linear model on the same rows
  Timing timing;
};

/// Diverged, saying what to do about it, when the loss on the test set is not a number.
void require_finite(const Costs& test);

/// The time in microseconds that a batch of the training's size takes, where the whole test set takes `seconds`.
double eval_step_us(const Experiment& experiment, double seconds);

/// The experiment's model on its whole test set, beside the optimum where there is one. `epochs` are the costs so far;
/// those of the last one become `train`. `timing` is left to the caller. `say` is told in a line what will take more than a
/// second or two. Error as require_finite.
RunResult evaluate_run(Experiment& experiment, const std::vector<EpochCosts>& epochs,
                       const std::function<void(const std::string&)>& say);

}  // namespace elbow

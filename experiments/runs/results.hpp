#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Diverged, saying what to do about it, when the loss on the test set is not a number.
void require_finite(const Losses& test);

/// The time in microseconds that a batch of the training's size takes, where `rows` of the test set take `seconds`.
double eval_step_us(const Experiment& experiment, double seconds, int64_t rows);

/// The experiment's model on its whole test set, with the optimum where there is one. `epochs` are the losses so far;
/// those of the last one become `train`. `timing` and `findings` are left to the caller. `say` receives a line about what will take
/// more than a second or two. Error as require_finite.
RunResults evaluate_run(const Experiment& experiment, const std::vector<EpochLosses>& epochs,
                        const std::function<void(const std::string&)>& say);

/// Enters that the model is that of `epoch`, the best on the validation rows: `best`, and `train` are then of that epoch. 0: it is not.
void set_best(RunResults& results, const Experiment& experiment, int64_t epoch);

/// A few lines for a person.
std::string summary_text(const RunResults& results);

}  // namespace elbow

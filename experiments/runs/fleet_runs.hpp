#pragma once
#include "experiments/runs/sweep_plan.hpp"

namespace elbow {

/// Trains the runs of a sweep that can be trained together (cvae/fleet.hpp), up to 64 at once, on the GPU, and leaves each in its
/// folder at its last epoch, for `elbow train --resume` to evaluate. Those that fit no other run are left as they are. Interrupted
/// when a signal has come; all that was trained is saved then.
void train_fleets(const SweepPlan& plan, bool quiet);

}  // namespace elbow

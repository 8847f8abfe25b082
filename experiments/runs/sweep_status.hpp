#pragma once
#include "experiments/runs/sweep.hpp"

namespace elbow {

/// Prints a line for each run, fields between tabs: name, state, folder. The state is new, started, running, other (made with
/// other settings than the sweep has now), failed or done. Reads names and claims, and the settings of runs that were started and
/// left: nothing is made or removed.
void list_sweep(const SweepPlan& plan);

/// Prints how many runs are done, running (where, since when), failed (why), other (which setting) and left, in the same way.
void print_status(const SweepPlan& plan);

}  // namespace elbow

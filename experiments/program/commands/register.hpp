#pragma once
#include "experiments/program/arguments.hpp"

namespace elbow {

/// Adds the commands on a finished run to the command line: evaluate, encode, reconstruct, sample, traverse,
/// interpolate, impute.
void add_run_commands(Command app);

}  // namespace elbow

#pragma once
#include <CLI/CLI.hpp>

namespace elbow {

/// Adds the commands on a finished run to the command line: evaluate, encode, reconstruct, sample, traverse,
/// interpolate, impute.
void add_run_commands(CLI::App& app);

/// Lets only text through that is a whole number and fits: the parser alone would take -1 for 2^64 - 1.
CLI::Validator whole_number();

}  // namespace elbow

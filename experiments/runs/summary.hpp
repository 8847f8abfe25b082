#pragma once
#include <string>

#include "experiments/runs/run_results.hpp"

namespace elbow {

/// summary.json: the figures of a run for programs to read; docs/outputs.md describes it.
std::string summary_json(const Experiment& experiment, const RunResult& result, int64_t epochs);

/// A few lines for a person.
std::string summary_text(const RunResult& result);

}  // namespace elbow

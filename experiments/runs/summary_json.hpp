#pragma once
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// All that summary.json holds of the results, but the findings. Json::exception where `summary` is not the summary of a run;
/// what those of earlier versions lack is left out, or not a number.
RunResults results_from(const Json& summary);

/// The section `analyses` of summary.json, and back.
Json findings_json(const Findings& findings);
Findings findings_from(const Json& json);

}  // namespace elbow

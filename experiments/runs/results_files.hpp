#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "base/config.hpp"
#include "cvae/experiment.hpp"
#include "experiments/report/output_folder.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Writes the tables of a run: results.csv and costs.csv and, with `original`, those of the original testbed:
/// costs_per_dimension.csv, encoding_kl_per_lt.csv, encoding_kl_vs_rcl.csv, and per_condition.csv where labels may be
/// withheld. docs/outputs.md describes their columns. Error as write_file_atomically.
void write_tables(const RunResults& results, bool original, const OutputFolder& folder);

/// summary.json: the results of a run, and the machine it ran on, for programs to read; docs/outputs.md describes it.
std::string summary_json(const Experiment& experiment, const RunResults& results);

/// Puts the findings of analyses that were made later into the summary of a run. Of a run without one, which is not
/// finished, they stay in the analyses' own tables.
void update_summary(const std::filesystem::path& run, const Findings& findings);

/// A finished run, as read from its folder.
struct FinishedRun : RunResults {
  std::filesystem::path folder;
  std::string label;  ///< its name in figures and tables: the last component of the folder's path
  Json config;        ///< with every default filled in
};

/// Whether a folder holds a run that has trained all its epochs and written its results.
bool is_finished_run(const std::filesystem::path& folder);

/// Reads config.json, summary.json and costs.csv, and what the analyses of an earlier version left in tables alone. Error,
/// naming the folder, if it holds no finished run; naming the file, if one is damaged.
FinishedRun read_finished_run(const std::filesystem::path& folder);

/// The findings of a run's earlier analyses, finished or not, for an analysis that runs now. A damaged table of an
/// earlier version is ignored. Error, naming the file, if the summary is damaged.
Findings read_findings(const std::filesystem::path& run);

/// All that summary.json holds of the results, but the findings. Json::exception where `summary` is not the summary of a run;
/// what those of earlier versions lack is left out, or not a number.
RunResults results_from(const Json& summary);

/// The section `analyses` of summary.json, and back.
Json findings_json(const Findings& findings);
Findings findings_from(const Json& json);

}  // namespace elbow

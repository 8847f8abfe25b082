#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/config.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// Stands for a number that a run does not have; tables leave its field empty.
inline constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

/// What a finished run left in its folder, read back from its files. All costs in nats per row.
struct RunRecord {
  std::filesystem::path folder;
  std::string label;  ///< how figures and tables call it: the folder's last part
  Json config;        ///< with every default filled in
  uint64_t seed = 1;
  double beta = 1;
  Costs test;
  std::optional<BoundPoint> bound;  ///< averaged over the masks, where the optimum is known
  std::optional<Estimate> excess;   ///< loss minus that of the optimal model on the same rows
  std::map<int64_t, CountResult>
      per_count;                   ///< by the number of given columns itself, however the file is ordered
  std::vector<EpochCosts> epochs;  ///< without standard errors on the training rows
  std::map<int64_t, double> fid;   ///< Frechet distance by number of given columns; empty if not worked out
  double train_step_us = 0, total_s = 0;

  /// Active latents, averaged over the test rows; NaN unless every count was looked at.
  double active() const;
};

/// Whether a folder holds a run that has trained all its epochs and written its results.
bool is_finished_run(const std::filesystem::path& folder);

/// Reads config.json, summary.json, costs.csv, encoding_kl_vs_rcl.csv, and fid_data.csv where there is one. Error, naming
/// the folder, if it holds no finished run; naming file and line, if one of the files is damaged.
RunRecord read_run_record(const std::filesystem::path& folder);

}  // namespace elbow

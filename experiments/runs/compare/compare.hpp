#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// What `elbow compare` was asked for.
struct CompareOptions {
  std::vector<std::string> runs;  ///< folders of finished runs
  std::string out = "outputs/compare";
  bool quiet = false;
};

/// Error unless the folder may hold a comparison: it does not exist, is empty, or holds an earlier one.
void check_comparison_folder(const std::filesystem::path& folder);

/// Compares finished runs: tables, figures and a page in options.out (docs/sweeps.md says what they hold), and a table on
/// the terminal. All runs are read before anything is written. A figure that cannot be drawn is reported and costs no
/// results. Error when a folder holds no finished run, or the output folder holds other things than a comparison.
void compare(const CompareOptions& options);

}  // namespace elbow

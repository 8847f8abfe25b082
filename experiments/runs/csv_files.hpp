#pragma once
#include <filesystem>

#include "metrics/results.hpp"

namespace elbow {

/// Writes the four tables of a run into `folder`: costs.csv, costs_per_dimension.csv, encoding_kl_per_lt.csv
/// and encoding_kl_vs_rcl.csv. Their columns are described in docs/outputs.md. Throws Error as
/// write_file_atomically.
void write_csv_files(const RunFigures& run, const std::filesystem::path& folder);

}  // namespace elbow

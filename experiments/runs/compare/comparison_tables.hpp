#pragma once
#include <string>
#include <vector>

#include "experiments/runs/compare/comparison.hpp"

namespace elbow {

/// A table of text. Numbers stand in it as text.
struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  /// As CSV (RFC 4180): a field with a comma, quote or line break is quoted.
  std::string csv() const;
  /// For a terminal: columns in line, numbers flush right.
  std::string aligned() const;
};

/// comparison.csv: one line per run; docs/sweeps.md describes the columns.
TextTable run_table(const Comparison& comparison);

/// comparison_over_seeds.csv: one line per group, each figure's mean and standard error over its runs.
TextTable seed_table(const Comparison& comparison);

/// What a person wants to see first, within about 100 columns: one line per run, or with `over_seeds` one per group.
TextTable short_table(const Comparison& comparison, bool over_seeds);

}  // namespace elbow

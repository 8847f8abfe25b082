#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/table_columns.hpp"

namespace elbow {

/// Why entries of a table are missing (Rubin 1976), for experiments that hide entries that are there.
enum class Mechanism : uint8_t {
  mcar,  ///< completely at random: each with the same probability
  mar,   ///< at random: it depends on entries that are never hidden
  mnar   ///< not at random: it depends on the hidden value itself
};
/// "mcar", "mar" or "mnar". Error for any other word.
Mechanism mechanism_named(const std::string& name);

/// Entries of a table [rows, columns]: 1 = hidden.
struct HiddenEntries {
  int64_t rows = 0, columns = 0;
  std::vector<uint8_t> hidden;  // row by row
  bool at(int64_t row, int64_t column) const { return hidden[size_t(row * columns + column)] != 0; }
  int64_t count() const;
};

/// Hides entries of `table` that are there, each with a probability whose mean is `share`: a function of the seed. Under `mcar` it is
/// the share. Under `mar` a third of the columns, at random, is never hidden, and the probability in the others is a logistic function of
/// a random linear combination of these. Under `mnar` it is a logistic function of the entry's own value. Columns are taken with mean 0
/// and variance 1, a category as its number; what is missing counts as the mean (Muzellec et al. 2020, "Missing data imputation
/// using optimal transport", appendix, on the two). Error unless 0 < share < 1, or where `mar` finds a single column.
HiddenEntries hide_entries(const TableColumns& table, Mechanism mechanism, double share, uint64_t seed);

/// Reads a pattern: a CSV of 0 and 1 (hidden), a line for each row of `table`, with or without a header. Without one, and with, columns
/// are those of `table` in its order, and a header must name them. Error "FILE:LINE: ..." for what does not fit.
HiddenEntries read_hidden_entries(const std::filesystem::path& path, const TableColumns& table);

/// The table without those entries.
TableColumns without(const TableColumns& table, const HiddenEntries& hidden);

}  // namespace elbow

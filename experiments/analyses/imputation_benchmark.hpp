#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/hidden_entries.hpp"
#include "data/table_codec.hpp"
#include "data/validation.hpp"

namespace elbow {

/// Some rows of a table with holes.
struct RowSet {
  std::string name;            ///< "training" or "held-out"
  std::vector<int64_t> index;  ///< of the table
  TableRows data;              ///< as the codec encodes them
};

/// A table some of whose entries are hidden, to be imputed from the others. Everything that is fitted is fitted to the training
/// rows with their holes.
struct ImputationTask {
  TableColumns truth;
  HiddenEntries hidden;
  std::shared_ptr<const TableCodec> codec;  ///< fitted to the training rows with their holes
  std::vector<RowSet> sets;                 ///< the training rows, and held-out rows if there are any
  const RowSet& training() const { return sets.front(); }
  /// Which feature of the codec a column of the table is; nothing for a constant.
  std::optional<size_t> feature(size_t column) const;
  bool is_number(size_t column) const;
  /// A number, or which of the column's texts; NaN or -1 where it is not known.
  double true_value(int64_t row, size_t column) const;
};
/// Hides entries, and holds `test_fraction` of the rows out, at random by the seed; 0: none. `notes` receives what the user should know of the
/// columns. Numbers are scaled by the training rows that are not held out for validation. Error for a column that has no value left.
ImputationTask imputation_task(TableColumns truth, HiddenEntries hidden, const TableFormat& format,
                               double test_fraction, const HeldOut& validation, uint64_t seed,
                               std::vector<std::string>& notes);

/// What a method makes of the table, [rows, columns] each: numbers, or which of the column's texts in the truth (-1: none, a missing value;
/// -2: another text).
struct ImputedTable {
  std::string method;
  std::vector<double> values;
  /// Of a method that says how sure it is, for hidden numbers: the part of the entry's 90% interval that covers the truth
  /// (PitInterval::covered), and the CRPS in the units of the table; else NaN, or empty.
  std::vector<double> covered, crps;
  double seconds = 0;
};

/// A table of which nothing is imputed yet: every hidden entry is -1 or NaN.
ImputedTable unfilled(const ImputationTask& task, const std::string& method);
/// Puts what the rows of a set are imputed as, x [rows,columns of x], into the hidden entries: numbers as they are, of a category the likeliest.
void fill(ImputedTable& table, const ImputationTask& task, const RowSet& set, const Tensor& x);
/// Scores draws from p(hidden | there), each [rows of the part * columns of x], of rows first, first + 1, ... of a set.
void score_draws(ImputedTable& table, const ImputationTask& task, const RowSet& set, int64_t first,
                 const std::vector<std::vector<float>>& draws);

/// "mean": the mean of a column, and its most frequent category; "em": the Gaussian of largest likelihood, over the scaled numbers and one-hot
/// categories; "knn": the mean of the 5 nearest neighbours; "oracle": that Gaussian fitted to the answers of all rows. Wide tables are thinned out: EM looks at fewer rows, but at least at 2000, and
/// neighbours are sought among at most 20000.
ImputedTable baseline(const std::string& method, const ImputationTask& task);
/// A table that another program has filled, in the format of the one that it was given. Error, naming the file, for one of another size, and for
/// a hidden number that is missing in it.
ImputedTable read_imputed(const std::string& method, const std::filesystem::path& path,
                          const TableSchema& schema, const ImputationTask& task);

/// How good the imputations of a column are, or those of all columns on the average. NaN where a score does not apply.
struct ImputationScore {
  std::string rows, column;                ///< which rows; "all": the mean over the columns
  double nrmse, mae, pfc, coverage, crps;  ///< mae and crps: in standard deviations of the column
};
std::vector<ImputationScore> scores_of(const ImputedTable& table, const ImputationTask& task);

/// The fields of a row of the table, as it is filled, for the columns of the truth.
std::vector<std::string> filled_row(const ImputedTable& table, const ImputationTask& task, int64_t row);

}  // namespace elbow

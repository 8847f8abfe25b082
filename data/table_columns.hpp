#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/table_codec.hpp"
#include "data/table_schema.hpp"
#include "data/validation.hpp"

namespace elbow {

/// One column of a text table that has been read: eight bytes a number, four a text.
struct TextColumn {
  TableSchema::Column schema;
  std::vector<double> numbers;     ///< [rows] of a real column; NaN = missing
  std::vector<int32_t> codes;      ///< [rows] of the others: which of `texts`; -1 = missing
  std::vector<std::string> texts;  ///< the schema's categories or, without any, all that the file holds
};

/// All columns of a text table but the ignored ones, in the order of the file.
struct TableColumns {
  std::vector<std::string> names;  ///< of all columns of the file
  std::vector<TextColumn> columns;
  int64_t rows = 0;
  bool anything_missing = false;
  bool names_are_places = true;    ///< whether `names` can stand in for those that an array lacks, one by one
  std::vector<std::string> notes;  ///< what the user should know of how it was read
};

/// Reads the file, text or arrays (TableFile), record by record. Error, naming file, line and column, for a field that is neither what the schema
/// says nor a mark of a missing value; Error for a column of the file that the schema does not know, and the other way
/// round.
TableColumns read_text_table(const std::filesystem::path& path, const TableSchema& schema);

/// The codec of a table, fitted on its rows `train` and on nothing else: mean and standard deviation (of the
/// population, n in the denominator) of the entries that are there, the categories where the schema has none, sorted,
/// and which numbers an output can be. A column of one number is a constant. `notes`, if given, receives a note on each
/// of those, and on numbers that look like marks of missing values. Error for a column without any value in those rows.
/// Means and standard deviations are those of the rows that are not held out for validation (fitted_rows), unless these hold fewer than two
/// different numbers of a column.
TableCodec fit_codec(const TableColumns& table, const TableFormat& format, std::span<const int64_t> train,
                     std::vector<std::string>* notes = nullptr, const HeldOut& held_out = {},
                     uint64_t seed = 0);

/// The rows `index` of a table as the codec encodes them. A category that the codec does not know counts as missing:
/// `unknown`, if given, receives a note on each.
TableRows encode_rows(const TableColumns& table, const TableCodec& codec, std::span<const int64_t> index,
                      std::vector<std::string>* unknown = nullptr);

}  // namespace elbow

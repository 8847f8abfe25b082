#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/number_format.hpp"

namespace elbow {

/// How the fields of one column are read: what is a number, and what means a missing value.
struct FieldFormat {
  NumberFormat number = {};
  std::vector<std::string> missing = {};  ///< marks of this column, in addition to those of the table
};

/// Tells marks of missing values from numbers.
class NumberReader {
 public:
  /// `table_marks`: those of all columns of the table.
  NumberReader(const FieldFormat& format, const std::vector<std::string>& table_marks);
  /// The number that the text is, or NaN for a mark of a missing value: one of the column or of the table, by its text or its
  /// value (-999.0 is -999), or a usual one. Error '"3,2" is neither a number nor a mark of a missing value ("", "NA", ...)'.
  double read(const std::string& text) const;

 private:
  NumberFormat format_;
  std::vector<std::string> marks_;
  std::vector<double> values_;  // of the marks that are numbers
};

/// The categories of a discrete column. A text is found as it is or, where it is a number in plain notation, by its value: "1.0" is
/// "1", but "01" is not.
class CategoryIndex {
 public:
  explicit CategoryIndex(const std::vector<std::string>& categories = {});
  /// The number of the category, from 0; -1 where it is none.
  int32_t find(const std::string& text) const;
  /// Adds a category that is not there yet; returns its number.
  int32_t add(const std::string& text);
  size_t size() const { return texts_.size(); }

 private:
  std::unordered_map<std::string, int32_t> texts_;
  std::map<double, int32_t> values_;
};

}  // namespace elbow

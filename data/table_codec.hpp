#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/field_format.hpp"
#include "data/table_file.hpp"

namespace elbow {

/// The scaling of a numeric feature: x = (t - mean) / sd, where t is the value or, of the kinds on a logarithmic scale, its
/// logarithm (`positive`), or that of 1 + value (counts).
struct Scale {
  double mean = 0, sd = 1;
  FeatureKind kind = FeatureKind::real;
  /// t. Error for a value that the kind cannot have.
  double transformed(double value) const;
  /// The same for a mean of such values, which need not be a count.
  double transformed_mean(double value) const;
  /// x; Error for one beyond 1e15, since a model's output for it need not fit into float32, and as transformed().
  float of(double value) const;
  /// Whether t is a logarithm.
  bool is_logarithmic() const { return kind == FeatureKind::positive || is_count(kind); }
  /// The value of x.
  double value_of(double x) const;
  /// How far float32's rounding of x moves the value.
  double rounding_at(double x) const;
};

/// The scaling of a feature of that kind, by the mean and standard deviation (n in the denominator) of the numbers [rows of the table] that
/// are there in `rows`; NaN where one is missing. Error for a number that the kind cannot have.
Scale fit_scale(FeatureKind kind, const std::vector<double>& numbers, std::span<const int64_t> rows);

/// A column that has one value in all training rows: it is no feature, and is written as it is.
struct Constant {
  std::string name;
  double value = 0;
  FieldFormat field = {};
  size_t before =
      0;  ///< the feature that it stands before in the file; the number of features: after all of them
  std::string text() const { return field.number.write(value, 0, 17); }
};

/// How the rows of a text table become the numbers that a model sees, and back. A text row has one field for each
/// feature; its numbers x are `columns()` many: a scaled value for a real feature, 0 or 1 for a binary one, one-hot
/// columns for a categorical one.
class TableCodec {
 public:
  /// Features side by side; `scales` [features] (those of features that are not real are not used; empty: all 1). Binary
  /// features without categories read and write "0" and "1", categorical ones the numbers of their columns, from 0.
  /// `fields` [features]; empty: as the table's format has them.
  explicit TableCodec(std::vector<Feature> features, std::vector<Scale> scales = {}, TableFormat format = {},
                      std::vector<FieldFormat> fields = {}, std::vector<Constant> constants = {});

  const std::vector<Feature>& features() const { return features_; }
  const std::vector<Scale>& scales() const { return scales_; }           ///< [features]
  const std::vector<FieldFormat>& fields() const { return fields_; }     ///< [features]
  const std::vector<Constant>& constants() const { return constants_; }  ///< in the order of the file
  const TableFormat& format() const { return format_; }
  int64_t columns() const;                 ///< of x
  std::vector<std::string> names() const;  ///< of the features
  /// The columns of a table that is written: the features and the constants, in the order of the file.
  std::vector<std::string> header() const;
  /// Where a feature stands among them.
  size_t place(size_t feature) const;

  /// The feature of that name; Error, with the nearest name, if there is none or the column is constant.
  size_t find(const std::string& name) const;

  /// Writes one field of a row into x [columns()] and observed [columns()], 1 = there, 0 = missing (and x = 0): the
  /// feature's columns of both. False where the text is none of the categories, which counts as missing. Error 'column NAME: "abc"
  /// is neither a number nor ...'.
  bool encode(size_t feature, const std::string& text, float* x, float* observed) const;
  /// Throws an Error that the text is none of the feature's categories, with the nearest one.
  [[noreturn]] void refuse_category(size_t feature, const std::string& text) const;
  /// The number that the text of a real feature is; NaN for a missing value. Errors as encode().
  double number(size_t feature, const std::string& text) const { return readers_[feature].read(text); }
  /// Which category the text is, from 0; -1 for one that is unknown.
  int32_t category(size_t feature, const std::string& text) const { return categories_[feature].find(text); }

  /// One feature of a row x [columns()] as text in the table's own units. x may hold a model's output (values_of):
  /// probabilities become the most likely category. A number is the shortest that float32 distinguishes from its
  /// neighbours, so an encoded number is decoded as it was written. It has at most `digits` significant digits.
  std::string decode(size_t feature, const float* x, int digits = 17) const;
  /// A row x [columns()] as the fields of header().
  std::vector<std::string> decode_row(const float* x, int digits = 17) const;

  /// Which column of a file each feature is [features]; -1 where the file has none. Error, with the nearest name, for a
  /// column with a name that is neither a feature nor a constant nor ignored by format() (`advice` ends that message); unless
  /// `partial`, also for a feature that the file lacks.
  std::vector<int64_t> match(const TableFile& file, const std::filesystem::path& path, bool partial,
                             const std::string& advice = "") const;

 private:
  std::vector<Feature> features_;  // binary and categorical ones with their categories
  std::vector<Scale> scales_;
  TableFormat format_;
  std::vector<FieldFormat> fields_;
  std::vector<Constant> constants_;
  std::vector<NumberReader> readers_;      // [features]; of those that are not real not used
  std::vector<CategoryIndex> categories_;  // [features]
};

/// Rows of a text table as a model sees them.
struct TableRows {
  Tensor x;         ///< [rows, columns] float32; 0 where an entry is missing
  Tensor observed;  ///< [rows, columns] float32, 0 = missing
};

/// Reads a whole file. `partial`: a feature that the file lacks is missing in every row, not an error. Error, naming file,
/// line and column, for what cannot be read; also if there is no row. Rows of nothing but empty fields are left out.
TableRows read_table(const std::filesystem::path& path, const TableCodec& codec, bool partial = false);

/// The codec of a set: its own (Dataset::codec) or, for sets that come from no table, one made of its features, in which
/// all scales are 1.
TableCodec codec_of(const Dataset& set);

}  // namespace elbow

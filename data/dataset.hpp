#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/tensor.hpp"
#include "base/linear_algebra.hpp"
#include "data/rows.hpp"

namespace elbow {

/// The distribution N(mean, covariance) of a Gaussian set's rows: what the analytic optimum needs.
struct GaussianDistribution {
  std::vector<double> mean;  ///< [d]
  Matrix covariance;         ///< [d, d], exact to double precision; may be singular
};

/// The points center + radius (cos t, sin t) with t uniform between two angles, from < to <= from + 2 pi.
struct Arc {
  std::array<double, 2> center;
  double radius, from, to;
  double probability;  ///< that a row lies on it
};

/// The distribution of a set whose rows lie on arcs in the plane of two columns; the other columns are uniform, independent of
/// these and of each other.
struct ArcDistribution {
  struct Uniform {
    int64_t column;
    double low, high;
  };
  std::array<int64_t, 2> plane{0, 1};  ///< the two columns
  std::vector<Arc> arcs;
  std::vector<Uniform> others = {};
};

/// Which entries of a drawn set are missing: a row has missing entries with probability `rows`, and then each of its
/// entries is missing with probability `entries`, independently of each other and of the values.
struct MissingDistribution {
  double rows = 0, entries = 0;
  bool any() const { return rows > 0 && entries > 0; }
};

/// What the values of a feature are; with it goes the loss that fits them.
enum class FeatureKind : uint8_t {
  real,          ///< any number: squared error, or a normal distribution
  positive,      ///< a number above 0, on a logarithmic scale: the same of its logarithm
  heavy_tailed,  ///< any number, now and then a far one: Student's t distribution
  poisson,       ///< a count, 0, 1, 2, ...: Poisson distribution
  count,         ///< a count that varies more than that: negative binomial distribution
  binary,        ///< 0 or 1: binary cross-entropy
  categorical    ///< one of several categories, as one-hot columns: cross-entropy
};

/// Whether the values are numbers, not categories: one column, which a table scales.
constexpr bool is_numeric(FeatureKind kind) {
  return kind != FeatureKind::binary && kind != FeatureKind::categorical;
}
/// Whether they are the numbers 0, 1, 2, ....
constexpr bool is_count(FeatureKind kind) { return kind == FeatureKind::poisson || kind == FeatureKind::count; }

/// What is given, withheld or missing as a whole: a column, or the one-hot columns of a categorical value.
struct Feature {
  std::string name;
  FeatureKind kind = FeatureKind::real;
  int64_t first = 0, width = 1;  ///< its columns: first, first + 1, ..., first + width - 1
  /// [width] of a categorical one, {no, yes} of a binary one; of an attribute empty where its categories are numbers.
  std::vector<std::string> categories = {};
};

/// A feature that each row has in addition to its columns, such as the class of an image. It may be given to a model
/// and is never reconstructed. Categorical (then `feature.width` is the number of categories) or real.
struct Attribute {
  Feature feature;
  std::vector<float>
      values;  ///< [rows]: the number of the category from 0, or a real value; `unknown` where a row has none

  static constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

  bool categorical() const { return feature.kind == FeatureKind::categorical; }
  /// How many categories there are.
  int32_t classes() const { return int32_t(feature.width); }
  /// The category of a row.
  int32_t class_of(int64_t row) const { return int32_t(values[size_t(row)]); }
  /// The category of every row [rows].
  std::vector<int32_t> row_classes() const { return {values.begin(), values.end()}; }
  /// A value as text: the name of the category, or its number where it has none; `withheld` for `unknown`.
  std::string text_of(float value, const std::string& withheld) const;
  /// The value that a text means: a category by its name or its number, or a real number. Error that lists the categories.
  float value_of(const std::string& text) const;
  /// What tables and options call it: the class is the column "label".
  std::string column() const { return feature.name == "class" ? "label" : feature.name; }
};
/// A categorical attribute of that name, with `classes` categories.
Attribute categorical_attribute(const std::string& name, int64_t classes, std::vector<float> values,
                                std::vector<std::string> names = {});

/// One feature a column, all real, named x0, x1, ....
std::vector<Feature> real_features(int64_t columns);

/// Which feature each column belongs to, as the `groups` of a MaskRule; empty where every feature is one column.
std::vector<int32_t> groups_of(const std::vector<Feature>& features);

/// The image that a row is: channel by channel, each pixel row by pixel row; channels * height * width = columns.
struct ImageSize {
  int64_t height = 0, width = 0, channels = 1;
  bool operator==(const ImageSize&) const = default;
};

class TableCodec;

/// One set of rows and what is known about it.
struct Dataset {
  std::string name;               ///< of the source
  Rows x;                         ///< 0 where an entry is missing
  std::vector<Feature> features;  ///< side by side they make up the columns
  Tensor observed;  ///< [rows, columns] float32, 1 = there, 0 = missing; undefined where nothing is missing
  MissingDistribution missing;  ///< how the missing entries were chosen, for sets whose distribution is known
  std::optional<GaussianDistribution> gaussian;  ///< if they are distributed so
  std::optional<ArcDistribution> arcs;           ///< if they are distributed so
  std::vector<Attribute>
      attributes;  ///< further features that may be given: "class"; for coloured images also "colour" (the channel)
  /// What the rows were made from and no model is given, such as an angle; factors_of has the attributes as well.
  std::vector<Attribute> hidden_factors = {};
  std::optional<ImageSize> image;
  Tensor coordinate;  ///< [rows] float32, where a row lies on its curve, for colours; or undefined
  std::shared_ptr<const TableCodec>
      codec;  ///< how rows are text, for sets read from a table (codec_of for any set)
  std::map<std::string, Tensor> extras;  ///< the parameters of the set, saved with the run: "P", ...

  int64_t rows() const { return x.size(); }
  int64_t columns() const { return x.columns(); }
  /// The attribute of that name; null where the set has none.
  const Attribute* attribute(std::string_view name) const;
  /// The class of each row, where the set has one.
  const Attribute* classes() const { return attribute("class"); }
};

/// The factors of variation of a set, those of its rows' properties that they were made from: the attributes, which may be given to a
/// model, and the hidden ones. Empty where they are not known, as in a table, or where the rows are not there.
std::vector<const Attribute*> factors_of(const Dataset& set);

/// The attributes of the rows `index`, [index.size(), attributes], each as `value` chooses it.
Tensor attribute_values(const Dataset& set, std::span<const int64_t> index,
                        const std::function<float(const Attribute& attribute, int64_t row)>& value);

/// The rows of `set` that have no missing entry, ascending.
std::vector<int64_t> complete_rows(const Dataset& set);

/// Up to `most` of the numbers 0 .. total - 1, evenly spread from 0 on, ascending.
std::vector<int64_t> evenly_spread(int64_t total, int64_t most);

/// What each column is called: the name of its feature; of a categorical one NAME=CATEGORY.
std::vector<std::string> column_names(const Dataset& set);

/// Training and test rows of one description, drawn apart.
struct DataSplit {
  Dataset train, test;
  /// Redraws the training rows, in place, for the given epoch; epoch 0 gives the rows that were there first. Empty
  /// unless the source is a distribution with the option `redraw`, or images are coloured or made binary in each epoch.
  std::function<void(Dataset& train, int64_t epoch)> redraw;
  std::vector<std::filesystem::path> inputs = {};  ///< the files that the rows were read from, where they lie
  std::vector<std::string> warnings = {};          ///< what the user should know of how the rows were read
  Dataset validation = {};  ///< training rows that are held out (hold_out); no rows: none are
};

}  // namespace elbow

#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cvae/experiment.hpp"
#include "data/table_codec.hpp"
#include "experiments/program/rows/options.hpp"

namespace elbow {

/// Which features of each row a command gives to the model.
class GivenFeatures {
 public:
  /// `list`: "none" (or empty), "all", "random" (drawn as in the evaluation of a run), or features, by name or by number
  /// from 0, with commas between. Models whose condition is not made of columns take only the empty list. Error that
  /// names the word that is no feature.
  GivenFeatures(const std::string& list, const Experiment& experiment);

  /// The condition of a batch: what is missing is not given. `seed` and `number` (of the batch) are for "random".
  void draw(const Batch& batch, uint64_t seed, uint64_t number, Condition::Drawn& out) const;

 private:
  const Condition& condition_;
  bool random_ = false;
  Mask subset_;  // [features]
};

/// The features that `list` names [features]: "all", or names or numbers with commas between. Error for a model whose
/// condition is not made of columns, and one that names the word that is no feature.
Mask features_given(const std::string& list, const Experiment& experiment);

/// The feature of that name or, if there is none, of that number. Error with the nearest name.
size_t feature_of(const TableCodec& codec, const std::string& text);

/// "0=1.5,2=-0.3" as pairs of a key and a value, both as text. Error for an item without '='.
std::vector<std::pair<std::string, std::string>> assignments_of(const std::string& list);

/// The condition that a command passes to the model: --given, --label and --colour.
class ConditionArguments {
 public:
  /// The form of --given for a model whose condition is made of columns.
  enum class Given {
    values,   ///< "0=1.5,x2=-0.3": all rows have these values
    features  ///< "0,x2", "all" or "none": each row is given its own values
  };
  /// For a model that conditions on attributes --given is "label=5,colour=red"; --label and --colour are the same for
  /// these two. "none" withholds an attribute. Error, naming the option, for what does not fit the model.
  ConditionArguments(const ConditionOptions& options, Given given, const Experiment& experiment);

  /// The condition of rows of which only the arguments are known: [rows, Condition::width()], or undefined where the
  /// model has none. A label that is not given is withheld; Error where the model needs it.
  Tensor condition(int64_t rows) const;
  /// The condition of test rows for the encoder: their own labels, less those that are to be withheld, or their own values
  /// of the features (Given::features).
  Tensor encoder_condition(std::span<const int64_t> rows) const { return own_condition(rows, false); }
  /// The same for the decoder, where a label among the arguments replaces the row's own.
  Tensor decoder_condition(std::span<const int64_t> rows) const { return own_condition(rows, true); }
  /// Conditions each row of a batch on its own values: of the labels among the arguments or, with `all_attributes`, of
  /// all labels but those that are to be withheld.
  void give_own(const Batch& batch, bool all_attributes, Condition::Drawn& out) const;

  /// The value of each attribute: nothing where it is not given, Attribute::unknown where it is to be withheld; empty
  /// unless attributes are the condition.
  const std::vector<std::optional<float>>& attributes() const { return attributes_; }
  /// An attribute as it was typed; empty where it is withheld.
  std::string attribute_text(size_t a) const;
  /// The given values as they were typed, by the number of their feature; empty unless columns are the condition.
  const std::map<size_t, std::string>& values() const { return text_; }

 private:
  void read_attribute(const std::string& option, const std::string& name, const std::string& text);
  void read_values(const std::string& list);
  void read_features(const std::string& list);
  Tensor own_condition(std::span<const int64_t> rows, bool decoder) const;

  const Experiment& experiment_;
  std::map<size_t, std::string> text_;
  std::vector<float> values_;                     // [columns of x], NaN where nothing is given
  Mask subset_;                                   // [features]
  std::vector<std::optional<float>> attributes_;  // as attributes()
  std::map<size_t, std::string> text_of_;         // of attributes
};

}  // namespace elbow

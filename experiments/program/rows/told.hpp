#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "data/label_condition.hpp"
#include "experiments/program/rows/options.hpp"

namespace elbow {

/// What a command tells the decoder: --given, --label and --colour.
class Told {
 public:
  /// What --given holds of a model whose condition is made of columns.
  enum class Given {
    values,   ///< "0=1.5,x2=-0.3": all rows have these values
    features  ///< "0,x2", "all" or "none": each row is told its own value
  };
  /// Of a model that conditions on labels --given is "label=5,colour=red", the same as --label and --colour. "none" says
  /// that a label is to be withheld. Error, naming the option, for what does not fit the model.
  Told(const ToldOptions& options, Given given, const Experiment& experiment);

  /// The condition of so many rows of which nothing is known but what was told: [rows, Condition::width()], or undefined
  /// where the model has none. A label that was not told is withheld; Error where the model wants to know it.
  Tensor condition(int64_t rows) const;
  /// The condition of test rows for the encoder: their own labels, less those that are to be withheld, or their own values
  /// of the features (Given::features).
  Tensor encoder_condition(std::span<const int64_t> rows) const { return own_condition(rows, false); }
  /// The same for the decoder, for which a label that was told takes the place of the row's own.
  Tensor decoder_condition(std::span<const int64_t> rows) const { return own_condition(rows, true); }
  /// Gives each row of a batch its own values of what is told: of the labels that were told or, with `all_labels`, of all
  /// but those that are to be withheld.
  void give_own(const Batch& batch, bool all_labels, Condition::Drawn& out) const;

  /// A label: nothing where it was not told, LabelCondition::not_given where it is to be withheld.
  const std::optional<int32_t>& label() const { return label_.value; }
  const std::optional<int32_t>& colour() const { return colour_.value; }
  /// As they were typed; empty for a label that is not told.
  const std::string& label_text() const { return label_.text; }
  const std::string& colour_text() const { return colour_.text; }
  /// The given values as they were typed, by the number of their feature.
  const std::map<size_t, std::string>& values() const { return text_; }

 private:
  struct Label {
    std::optional<int32_t> value;
    std::string text;
  };
  void read_values(const std::string& list);
  void read_features(const std::string& list);
  void read_label(const std::string& option, const std::string& text, const std::optional<Labels>& labels,
                  Label& out) const;
  void check_withheld(const Label& label, const char* what, const char* example) const;
  Tensor own_condition(std::span<const int64_t> rows, bool decoder) const;

  const Experiment& experiment_;
  std::map<size_t, std::string> text_;
  std::vector<float> x_;  // [columns], 0 where nothing is given
  Mask subset_;           // [features]
  Label label_, colour_;
};

}  // namespace elbow

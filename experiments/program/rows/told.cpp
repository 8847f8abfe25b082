#include "experiments/program/rows/told.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "experiments/program/rows/given.hpp"
#include "experiments/program/rows/row_reader.hpp"

namespace elbow {

Told::Told(const ToldOptions& o, Given given, const Experiment& e)
    : experiment_(e), x_(size_t(e.data.train.columns()), 0), subset_(e.data.train.features.size(), false) {
  if (!e.condition.by_label()) {
    if (!o.label.empty() || !o.colour.empty())
      throw Error(str(o.label.empty() ? "--colour" : "--label",
                      ": the model was trained without labels as its condition"));
    given == Given::values ? read_values(o.given) : read_features(o.given);
    return;
  }
  const Dataset& data = e.data.train;
  read_label("--label", o.label, data.labels, label_);
  read_label("--colour", o.colour, data.colours, colour_);
  for (const auto& [key, value] : assignments_of(o.given)) {
    if (key != "label" && key != "colour")
      throw Error(str("--given: the model's condition is the label: label=CLASS",
                      data.colours ? ", colour=NAME" : "", ", not ", key));
    read_label("--given " + key, value, key == "label" ? data.labels : data.colours,
               key == "label" ? label_ : colour_);
  }
}

void Told::read_label(const std::string& option, const std::string& text, const std::optional<Labels>& labels,
                      Label& out) const {
  if (text.empty()) return;
  if (!labels) throw Error(option + ": the images of this run have no colours");
  if (out.value) throw Error(option + ": that label is told twice");
  const auto& names = labels->names;
  if (text == "none" && std::find(names.begin(), names.end(), text) == names.end()) {
    if (!experiment_.condition.may_withhold_labels())
      throw Error(option + " none: the model was trained with every label told, so none can be withheld");
    out.value = LabelCondition::not_given;
    return;
  }
  try {
    out = {class_of(*labels, text, &out == &label_ ? "class" : "colour"), text};
  } catch (const Error& error) { throw Error(str(option, ": ", error.what())); }
}

void Told::read_values(const std::string& list) {
  const TableCodec codec = codec_of(experiment_.data.train);
  std::vector<float> observed(x_.size(), 0);
  for (const auto& [key, value] : assignments_of(list)) {
    if (!experiment_.condition.by_columns()) throw Error("--given: the model was trained without a condition");
    try {
      const size_t f = feature_of(codec, key);
      if (!text_.emplace(f, value).second) throw Error(str("column ", key, " is given twice"));
      if (!codec.encode(f, value, x_.data(), observed.data())) codec.refuse_category(f, value);
      if (observed[size_t(codec.features()[f].first)] == 0) throw Error(str("column ", key, " has no value"));
      subset_[f] = true;
    } catch (const Error& error) { throw Error(str("--given: ", error.what())); }
  }
}

void Told::read_features(const std::string& list) {
  if (list == "random") throw Error("--given: which columns are told must be none, all or a list of columns");
  if (list.empty() || list == "none") return;
  subset_ = features_given(list, experiment_);
}

void Told::check_withheld(const Label& label, const char* what, const char* example) const {
  if (!label.value && !experiment_.condition.may_withhold_labels())
    throw Error(str("the model wants to know the ", what, ": ", example));
}

Tensor Told::condition(int64_t rows) const {
  const Condition& condition = experiment_.condition;
  Batch batch;
  Condition::Drawn drawn;
  std::vector<int32_t> labels, colours;
  if (condition.by_label()) {
    check_withheld(label_, "label", "--label CLASS, or --given label=CLASS");
    labels.assign(size_t(rows), label_.value.value_or(LabelCondition::not_given));
    if (experiment_.data.train.colours) {
      check_withheld(colour_, "colour", "--colour NAME, or --given colour=NAME");
      colours.assign(size_t(rows), colour_.value.value_or(LabelCondition::not_given));
    }
  }
  batch.x = broadcast_to(Tensor::from(x_, {1, int64_t(x_.size())}), {rows, int64_t(x_.size())});
  batch.labels = labels;
  batch.colours = colours;
  if (condition.by_columns())
    condition.give(batch, subset_, drawn);
  else
    condition.apply(batch, drawn);
  return drawn.c;
}

namespace {

// The labels of test rows; for the decoder the one that was told, if any.
std::vector<int32_t> labels_of(const std::optional<Labels>& labels, std::span<const int64_t> rows,
                               const std::optional<int32_t>& told, bool decoder) {
  std::vector<int32_t> out;
  if (!labels) return out;
  const bool withheld = told == LabelCondition::not_given;
  for (const int64_t row : rows)
    out.push_back(told && (decoder || withheld) ? *told : labels->values[size_t(row)]);
  return out;
}

}  // namespace

Tensor Told::own_condition(std::span<const int64_t> rows, bool decoder) const {
  const Dataset& test = experiment_.data.test;
  Batch batch = rows_of(test, rows);
  const auto labels = labels_of(test.labels, rows, label_.value, decoder),
             colours = labels_of(test.colours, rows, colour_.value, decoder);
  batch.labels = labels;
  batch.colours = colours;
  Condition::Drawn drawn;
  if (experiment_.condition.by_columns())
    experiment_.condition.give(batch, subset_, drawn);
  else
    experiment_.condition.apply(batch, drawn);
  return drawn.c;
}

void Told::give_own(const Batch& batch, bool all_labels, Condition::Drawn& out) const {
  const Condition& condition = experiment_.condition;
  if (condition.by_columns()) return condition.give(batch, subset_, out);
  if (!condition.by_label()) return condition.apply(batch, out);
  Mask given;
  for (const Label* label : {&label_, &colour_})
    given.push_back(label->value ? *label->value != LabelCondition::not_given : all_labels);
  given.resize(condition.label_names().size());
  condition.give_labels(batch, given, out);
}

}  // namespace elbow

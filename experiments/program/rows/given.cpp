#include "experiments/program/rows/given.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "autograd/ops.hpp"
#include "base/streams.hpp"

namespace elbow {
namespace {

// The items between commas. Within double quotes, which are removed, a comma belongs to the item, and a quote is
// doubled.
std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '"' && quoted && i + 1 < list.size() && list[i + 1] == '"')
      item += list[i++];
    else if (list[i] == '"')
      quoted = !quoted;
    else if (list[i] == ',' && !quoted)
      items.push_back(trimmed(std::exchange(item, "")));
    else
      item += list[i];
  }
  if (!item.empty()) items.push_back(trimmed(item));
  return items;
}

}  // namespace

size_t feature_of(const TableCodec& codec, const std::string& text) {
  const auto names = codec.names();
  const auto named = std::find(names.begin(), names.end(), text);
  if (named != names.end()) return size_t(named - names.begin());
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return codec.find(text);
  if (number >= names.size())
    throw Error(str("there is no column ", text, ": they are numbered from 0 to ", names.size() - 1));
  return number;
}

std::vector<std::pair<std::string, std::string>> assignments_of(const std::string& list) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& item : items_of(list)) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos)
      throw Error(str("--given: \"", item, "\" must be of the form COLUMN=VALUE"));
    pairs.emplace_back(trimmed(item.substr(0, equals)), trimmed(item.substr(equals + 1)));
  }
  return pairs;
}

Mask features_given(const std::string& list, const Experiment& e) {
  if (!e.condition.by_columns())
    throw Error("--given: the model's condition is not made of columns, so none can be given");
  Mask subset(size_t(e.condition.features()), list == "all");
  if (list == "all") return subset;
  const TableCodec codec = codec_of(e.data.train);
  try {
    for (const std::string& item : items_of(list)) subset[feature_of(codec, item)] = true;
  } catch (const Error& error) { throw Error(str("--given: ", error.what())); }
  return subset;
}

GivenFeatures::GivenFeatures(const std::string& list, const Experiment& e)
    : condition_(e.condition), random_(list == "random" && e.condition.by_columns()) {
  if (random_) return;
  if (list.empty() || list == "none")  // attributes are always given as far as a row has them
    subset_.assign(size_t(condition_.features()), condition_.by_attributes());
  else
    subset_ = features_given(list, e);
}

void GivenFeatures::draw(const Batch& batch, uint64_t seed, uint64_t number, Condition::Drawn& out) const {
  if (random_)
    condition_.draw(batch, {seed, stream::evaluation_masks, number}, out);
  else
    condition_.give(batch, subset_, out);
}

ConditionArguments::ConditionArguments(const ConditionOptions& o, Given given, const Experiment& e)
    : experiment_(e),
      values_(size_t(e.data.train.columns()), Attribute::unknown),
      subset_(size_t(e.condition.by_columns() ? e.condition.features() : 0), false) {
  if (!e.condition.by_attributes()) {
    if (!o.label.empty() || !o.colour.empty())
      throw Error(str(o.label.empty() ? "--colour" : "--label",
                      ": the model was trained without labels as its condition"));
    given == Given::values ? read_values(o.given) : read_features(o.given);
    return;
  }
  attributes_.resize(e.data.train.attributes.size());
  if (!o.label.empty()) read_attribute("--label", "label", o.label);
  if (!o.colour.empty()) read_attribute("--colour", "colour", o.colour);
  for (const auto& [name, text] : assignments_of(o.given)) read_attribute("--given " + name, name, text);
}

void ConditionArguments::read_attribute(const std::string& option, const std::string& name,
                                        const std::string& text) {
  const std::vector<Attribute>& all = experiment_.data.train.attributes;
  const auto found = std::ranges::find_if(
      all, [&](const Attribute& a) { return name == a.column() || name == a.feature.name; });
  if (found == all.end()) {
    if (name == "colour") throw Error(option + ": the images of this run have no colours");
    std::string known;
    for (const Attribute& a : all)
      known += a.column() + (a.column() == "label" ? "=CLASS, " : a.categorical() ? "=NAME, " : "=NUMBER, ");
    throw Error(str("--given: the model's condition is ", known, "not ", name));
  }
  std::optional<float>& value = attributes_[size_t(found - all.begin())];
  if (value) throw Error(option + ": that value is given twice");
  const auto& names = found->feature.categories;
  if (text == "none" && std::ranges::find(names, text) == names.end()) {
    if (!experiment_.condition.may_withhold())
      throw Error(option + " none: the model was trained with every label given, so none can be withheld");
    value = Attribute::unknown;
    return;
  }
  try {
    value = found->value_of(text);
  } catch (const Error& error) { throw Error(str(option, ": ", error.what())); }
  text_of_[size_t(found - all.begin())] = text;
}

std::string ConditionArguments::attribute_text(size_t a) const {
  const auto found = text_of_.find(a);
  return found == text_of_.end() ? "" : found->second;
}

void ConditionArguments::read_values(const std::string& list) {
  const TableCodec codec = codec_of(experiment_.data.train);
  std::vector<float> x(values_.size(), 0), observed(values_.size(), 0);  // [columns]
  for (const auto& [key, value] : assignments_of(list)) {
    if (!experiment_.condition.by_columns()) throw Error("--given: the model was trained without a condition");
    try {
      const size_t f = feature_of(codec, key);
      if (!text_.emplace(f, value).second) throw Error(str("column ", key, " is given twice"));
      if (!codec.encode(f, value, x.data(), observed.data())) codec.refuse_category(f, value);
      const Feature& feature = codec.features()[f];
      if (observed[size_t(feature.first)] == 0) throw Error(str("column ", key, " has no value"));
      subset_[f] = true;
      std::copy_n(x.begin() + feature.first, feature.width, values_.begin() + feature.first);
    } catch (const Error& error) { throw Error(str("--given: ", error.what())); }
  }
}

void ConditionArguments::read_features(const std::string& list) {
  if (list == "random") throw Error("--given: which columns are given must be none, all or a list of columns");
  if (list.empty() || list == "none") return;
  subset_ = features_given(list, experiment_);
}

Tensor ConditionArguments::condition(int64_t rows) const {
  const Condition& condition = experiment_.condition;
  std::vector<float> row = values_;  // [Condition::value_columns()]
  if (condition.by_attributes()) {
    row.clear();
    for (size_t a = 0; a < attributes_.size(); ++a) {
      const std::string name = experiment_.data.train.attributes[a].column();
      const std::string example = name == "label"    ? "--label CLASS, or --given label=CLASS"
                                  : name == "colour" ? "--colour NAME, or --given colour=NAME"
                                                     : str("--given ", name, "=VALUE");
      if (!attributes_[a] && !condition.may_withhold())
        throw Error(str("the model needs the ", name, ": ", example));
      row.push_back(attributes_[a].value_or(Attribute::unknown));
    }
  }
  return condition.of(broadcast_to(Tensor::from(row, {1, int64_t(row.size())}), {rows, int64_t(row.size())}));
}

Tensor ConditionArguments::own_condition(std::span<const int64_t> rows, bool decoder) const {
  const Dataset& test = experiment_.data.test;
  if (experiment_.condition.by_attributes())
    return experiment_.condition.of(attribute_values(test, rows, [&](const Attribute& a, int64_t row) {
      const std::optional<float>& given = attributes_[size_t(&a - test.attributes.data())];
      return given && (decoder || std::isnan(*given)) ? *given : a.values[size_t(row)];
    }));
  Condition::Drawn drawn;
  give_own(rows_of(test, rows), false, drawn);
  return drawn.c;
}

void ConditionArguments::give_own(const Batch& batch, bool all_attributes, Condition::Drawn& out) const {
  Mask given = subset_;  // empty, or there are no attributes
  for (const auto& value : attributes_) given.push_back(value ? !std::isnan(*value) : all_attributes);
  experiment_.condition.give(batch, given, out);
}

}  // namespace elbow

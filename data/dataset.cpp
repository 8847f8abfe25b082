#include "data/dataset.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "data/csv.hpp"
#include "data/field_format.hpp"

namespace elbow {

std::string Attribute::text_of(float value, const std::string& withheld) const {
  if (std::isnan(value)) return withheld;
  if (!categorical()) return to_text(value);
  return feature.categories.empty() ? str(int64_t(value)) : feature.categories[size_t(value)];
}

float Attribute::value_of(const std::string& text) const {
  const auto& names = feature.categories;
  const auto named = std::find(names.begin(), names.end(), text);
  if (named != names.end()) return float(named - names.begin());
  const auto number = parse_number(text);
  if (!categorical() && number) return float(*number);
  if (!categorical()) throw Error(str('"', text, "\" is not a number"));
  if (number && *number >= 0 && *number < classes() && *number == std::floor(*number)) return float(*number);
  throw Error(str('"', text, "\" is not a ", feature.name, ": there are 0 to ", classes() - 1,
                  names.empty() ? "" : ", or " + few_of(names)));
}

Attribute categorical_attribute(const std::string& name, int64_t classes, std::vector<float> values,
                                std::vector<std::string> names) {
  return {{name, FeatureKind::categorical, 0, classes, std::move(names)}, std::move(values)};
}

const Attribute* Dataset::attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& a) { return a.feature.name == wanted; });
  return found == attributes.end() ? nullptr : &*found;
}

std::vector<const Attribute*> factors_of(const Dataset& set) {
  std::vector<const Attribute*> factors;
  for (const auto* list : {&set.attributes, &set.hidden_factors})
    for (const Attribute& a : *list)
      if (!a.values.empty()) factors.push_back(&a);
  return factors;
}

std::vector<Feature> real_features(int64_t columns) {
  std::vector<Feature> features;
  for (int64_t i = 0; i < columns; ++i) features.push_back({str("x", i), FeatureKind::real, i, 1, {}});
  return features;
}

std::vector<int32_t> groups_of(const std::vector<Feature>& features) {
  std::vector<int32_t> groups;
  for (size_t f = 0; f < features.size(); ++f)
    groups.insert(groups.end(), size_t(features[f].width), int32_t(f));
  return groups.size() == features.size() ? std::vector<int32_t>{} : groups;
}

Tensor attribute_values(const Dataset& set, std::span<const int64_t> index,
                        const std::function<float(const Attribute&, int64_t)>& value) {
  std::vector<float> values;
  for (const int64_t row : index)
    for (const Attribute& a : set.attributes) values.push_back(value(a, row));
  return Tensor::from(values, {int64_t(index.size()), int64_t(set.attributes.size())});
}

std::vector<int64_t> complete_rows(const Dataset& set) {
  const int64_t d = set.columns();
  const float* observed = set.observed ? set.observed.data<float>() : nullptr;
  std::vector<int64_t> rows;
  for (int64_t r = 0; r < set.rows(); ++r)
    if (!observed || std::count(observed + r * d, observed + (r + 1) * d, 0.0f) == 0) rows.push_back(r);
  return rows;
}

std::vector<int64_t> evenly_spread(int64_t total, int64_t most) {
  const int64_t n = std::min(most, total);
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < n; ++i) numbers.push_back(i * total / n);
  return numbers;
}

std::vector<std::string> column_names(const Dataset& set) {
  std::vector<std::string> names;
  for (const Feature& f : set.features)
    for (int64_t i = 0; i < f.width; ++i)
      names.push_back(f.kind == FeatureKind::categorical ? f.name + "=" + f.categories[size_t(i)] : f.name);
  return names;
}

}  // namespace elbow

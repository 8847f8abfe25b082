#include "data/dataset.hpp"

#include <algorithm>

namespace elbow {

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

#include "data/dataset.hpp"

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

}  // namespace elbow

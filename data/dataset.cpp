#include "data/dataset.hpp"

namespace elbow {

std::vector<Feature> real_features(int64_t columns) {
  std::vector<Feature> features;
  for (int64_t i = 0; i < columns; ++i) features.push_back({str("x", i), FeatureKind::real, i, 1, {}});
  return features;
}

}  // namespace elbow

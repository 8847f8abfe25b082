#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/image_scores.hpp"
#include "experiments/analyses/label_consistency.hpp"

namespace elbow {

/// All that the analysis image_scores found, and the networks by which it was found.
struct ImageScoreTables {
  FeatureFacts features;    ///< in whose terms the scores are
  FeatureFacts classifier;  ///< that reads the class of an image, where there are labels
  std::vector<ScoredImages> scores;
  std::vector<LabelConsistency> labels;

  /// Writes image_scores.csv, label_consistency.csv where there are labels, and image_scores.json.
  void write(const OutputFolder& folder) const;
  /// The same for the terminal.
  std::string text() const;
};

}  // namespace elbow

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/analysis.hpp"
#include "metrics/feature_net.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// How often one label is read as requested.
struct LabelConsistency {
  std::string given;   ///< the labels that the model was given: "class", "colour", "class and colour"
  std::string label;   ///< the one that is read: "class" or "colour"
  int32_t value = -1;  ///< the requested value of those images; -1: of all images
  std::string name;    ///< of that value: "Sandal", "red"; "all"
  int64_t rows = 0;    ///< number of generated images
  Estimate generated;  ///< share of them whose label is read as requested
  Estimate real;       ///< share of the test images of that label that are read correctly: the limit
};

/// One image is generated for each test image under its own labels, all of them or one alone with the others withheld where
/// the model can do that. The class is what the classifier says; the colour the channel with the largest sum. Empty
/// unless the condition is made of labels.
std::vector<LabelConsistency> label_consistency(const Experiment& experiment, FeatureNet& classifier,
                                                const Tell& tell = tell_nobody);

/// Each label's consistency, by the labels that the model was given, along with that of real images.
void plot_label_consistency(const std::vector<LabelConsistency>& table, const std::filesystem::path& png);

}  // namespace elbow

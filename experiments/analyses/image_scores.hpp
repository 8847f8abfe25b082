#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cvae/experiment.hpp"
#include "experiments/analyses/analysis.hpp"
#include "metrics/feature_net.hpp"
#include "metrics/image_scores.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// The scores of one set of images against the real test images of a class and a colour.
struct ScoredImages {
  std::string condition;  ///< "any/any", "red/any", "any/5", "red/5": colour and class of the real images
  std::string images;     ///< "samples", "samples_own_labels" or "train"
  ImageScores scores;
  Estimate real_sharpness;  ///< of the real images: variance of the Laplacian,
  double least_real_sharpness = 0;
};

/// Images from the prior against the test images, for all, those of one colour, of one class and of both (the settings
/// evaluation.score_colour and score_class). For each there are up to three sets, each with one image per such test
/// image:
///
///   samples             under the requested labels, all others withheld, where the model can do that
///   samples_own_labels  the same, but instead of being withheld the others are those of the test images, one by one
///   train               real training images: the noise floor, what an ideal model would score
///
/// Where a colour is requested, every real image is shown in it. Conditions with fewer than least_scored_rows test
/// images are left out, and `train` where there are fewer such training images than test images.
std::vector<ScoredImages> scored_images(const Experiment& experiment, ImageFeatures& features,
                                        const Tell& tell = tell_nobody);

/// Images first, first + 1, ... of those that the decoder makes of latents from the prior when `values`
/// [rows, Condition::value_columns()] are given (NaN: withheld; undefined: nothing is given): [count, columns] pixels in 0..1
/// (its means, not draws of pixels). The latents depend on the seed and the place alone, so that different values meet the
/// same ones.
Tensor generated_images(const Experiment& experiment, const Tensor& values, int64_t first, int64_t count);

inline constexpr int32_t any_colour = -1;

/// The rows `index` of a set as they are, or all in one colour: [index.size(), columns]. A channel is chosen without regard
/// to the image, so that a real image in another colour is as real.
Tensor real_images(const Dataset& set, std::span<const int64_t> index, int32_t colour = any_colour);

/// The colour of each image of x [rows, channels * pixels]: the channel with the largest sum, the first of equals.
std::vector<int32_t> colours_of(const Tensor& x, int64_t channels);

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

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/analyses/analysis.hpp"
#include "metrics/image_scores.hpp"

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

/// Scores and label consistency: image_scores.csv, label_consistency.csv, image_scores.json and image_scores.png;
/// docs/outputs.md describes them. The features are those of the file evaluation.features, or of a net that is trained
/// on the run's own images and kept as features.safetensors in the folder.
AnalysisResult image_scores_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the rows are labelled images, large and many enough.
bool image_scores_apply(const Experiment& experiment);

/// Error, naming the setting, where evaluation.features is no file of features for such images, or there is no such
/// score_class or score_colour.
void check_image_scores(const Experiment& experiment);

}  // namespace elbow

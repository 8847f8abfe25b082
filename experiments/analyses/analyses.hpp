#pragma once
#include "experiments/analyses/analysis.hpp"

namespace elbow {

/// Greedy selection of conditions: selected_features.csv, first_features.csv, kl_per_lt.csv, kl_all_lt.csv and three
/// figures; docs/outputs.md describes their columns.
AnalysisResult selection_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether features are given one by one, and not so many that the choice would take hours.
bool selection_applies(const Experiment& experiment);

struct LatentSpace;  // experiments/report/latent_space_plot.hpp

/// Up to `most` rows of the test set in which nothing is missing, evenly spread, encoded with the first 0, 1, 2, ...
/// features given.
LatentSpace latent_space(const Experiment& experiment, int64_t most);

/// latent_space.csv, and latent_space_colormap_K.png for each number K of given features: the data next to the latent space.
/// Error where no row is complete.
AnalysisResult latent_space_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the rows have a coordinate or a class, and features that are given one by one: up to eight of them.
bool latent_space_applies(const Experiment& experiment);

/// Principal components of the test rows: pca.csv and pca.png; docs/outputs.md describes the columns.
AnalysisResult pca_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether there are at least two test rows without missing entries, and not so many columns that the table of loadings
/// would be of no use to anyone.
bool pca_applies(const Experiment& experiment);

/// Squared Frechet distances in data space. The test rows without missing entries are cut in two: every other row is
/// real; of the rest the model is given the first k features of `order` and generates the others (generated_rows). Both
/// sides are equally many, and no generated row has its original among the real ones, so that with everything given the
/// distance is that of two halves of the real rows: the noise floor.
///
/// All counts from 0 to the number of features, or `most_counts` evenly spread ones of many. `order` holds every feature
/// once. Error if it does not, or if there are fewer than 40 rows without missing entries.
FrechetCurve frechet_curve(const Experiment& experiment, const std::vector<int64_t>& order,
                           const Tell& tell = tell_nobody, int64_t most_counts = 17);

/// The curve along the greedy order of the features: fid_data.csv and fid_score.png; docs/outputs.md describes the columns.
/// The order is that of the findings, which the analysis `selection` leaves there; without it the exact order of a Gaussian
/// set, else that of the features.
AnalysisResult frechet_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether features are given one by one, and there are rows enough without missing entries.
bool frechet_applies(const Experiment& experiment);

/// How well p(x_withheld | x_given) forecasts test rows: calibration.csv, pit.csv and calibration.png; docs/outputs.md describes
/// the columns.
AnalysisResult calibration_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the model has conditional distributions of features, and not too many columns (has_calibration).
bool calibration_applies(const Experiment& experiment);

/// What the latents know of the factors of variation: factors.csv, factor_scores.csv and factors.png; docs/outputs.md describes them.
/// Error where too few rows have factors that are known.
AnalysisResult factors_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the factors of enough rows are known, and the latents are random.
bool factors_apply(const Experiment& experiment);

/// Scores and label consistency: image_scores.csv, label_consistency.csv, image_scores.json and image_scores.png;
/// docs/outputs.md describes them. The features are those of the file context.features, or of a net that is trained
/// on the run's own images and kept as features.safetensors in the folder.
AnalysisResult image_scores_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the rows are labelled images, large and many enough.
bool image_scores_apply(const Experiment& experiment);

/// Error, naming the setting, where evaluation.features, the file `features`, holds none for such images, or there is no such
/// score_class or score_colour.
void check_image_scores(const Experiment& experiment, const std::optional<std::string>& features);

/// How holes in test images are filled, for each kind of mask that the model was trained with: inpainting.csv and inpainting.png;
/// docs/outputs.md describes the columns.
AnalysisResult inpainting_analysis(const Experiment& experiment, AnalysisContext& context);

/// Whether the condition is the pixels outside a hole.
bool inpainting_applies(const Experiment& experiment);

}  // namespace elbow

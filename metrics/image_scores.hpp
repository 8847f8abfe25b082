#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "metrics/frechet.hpp"
#include "metrics/image_features.hpp"
#include "metrics/precision_recall.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// What the scores need to know of a set of images.
struct ImageSet {
  Tensor features;                ///< [rows, width]
  std::vector<double> sharpness;  ///< [rows] laplacian_variances

  int64_t rows() const { return int64_t(sharpness.size()); }
};

/// Gathers that, some hundred images at a time, so that they need never be in memory together: images(first, count) are
/// rows first, first + 1, ... of the set, [count, channels * height * width] float32, pixels in 0..1. The blocks are the
/// same at each call. Error as ImageFeatures::features and laplacian_variances.
ImageSet image_set(ImageFeatures& features, const FeatureNetShape& shape, int64_t rows,
                   const std::function<Tensor(int64_t first, int64_t count)>& images);

/// How far a set of images is from a set of real ones of the same size, in the features of a network.
struct ImageScores {
  int64_t rows = 0;  ///< in either set
  double rows_per_feature = 0;
  FrechetEstimate
      frechet;  ///< squared Frechet distance ("FID"); NaN where there are not more rows than features
  Estimate kernel_distance;  ///< squared MMD ("KID"), mean over ten disjoint random subsets
  PrecisionRecall neighbours;
  int64_t neighbour_rows =
      0;               ///< precision and recall are those of the first neighbour_rows rows of either set
  Estimate sharpness;  ///< variance of the Laplacian of these images, and its smallest
  double least_sharpness = 0;
};

/// The fewest rows that image_scores takes.
constexpr int64_t least_scored_rows = 40;

/// A Frechet distance needs that many rows for each feature: with fewer, it is too biased to compare.
constexpr int64_t frechet_rows_per_feature = 5;

/// Scores the images `others` against `real` ones. `key` names the random subsets. The same bits for any number of threads.
/// Error if the sets differ in rows or width, have fewer than least_scored_rows rows, or a feature is not finite.
ImageScores image_scores(const ImageSet& real, const ImageSet& others, const RandomKey& key);

}  // namespace elbow

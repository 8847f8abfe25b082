#include "metrics/image_scores.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "metrics/blur.hpp"
#include "metrics/kernel_distance.hpp"

namespace elbow {
namespace {

constexpr int64_t image_rows = 500;            // images in memory at a time
constexpr int64_t subsets = 10;                // of the kernel distance,
constexpr int64_t most_subset_rows = 1000;     // each of a tenth of the rows, up to the size that is usual
constexpr int64_t most_neighbour_rows = 2000;  // precision and recall cost O(rows^2)

Tensor first_rows(const Tensor& x, int64_t rows) { return alias(x, {rows, x.size(1)}, 0); }

}  // namespace

ImageSet image_set(ImageFeatures& features, const FeatureNetShape& shape, int64_t rows,
                   const std::function<Tensor(int64_t first, int64_t count)>& images) {
  ImageSet set;
  const int64_t width = features.width();
  set.features = Tensor::empty({rows, width});
  for (int64_t first = 0; first < rows; first += image_rows) {
    const int64_t count = std::min(image_rows, rows - first);
    const Tensor x = images(first, count);
    alias(set.features, {count, width}, first * width).copy_(features.features(x));
    const auto sharpness = laplacian_variances(reshape(x, {count, shape.channels, shape.height, shape.width}));
    set.sharpness.insert(set.sharpness.end(), sharpness.begin(), sharpness.end());
  }
  return set;
}

ImageScores image_scores(const ImageSet& real, const ImageSet& others, const RandomKey& key) {
  const int64_t rows = real.rows(), width = real.features.size(1);
  if (others.rows() != rows || others.features.size(1) != width || rows < least_scored_rows)
    fail("image_scores", "expects as many images on either side, at least ", least_scored_rows,
         ", not features ", real.features.shape(), " and ", others.features.shape());
  ImageScores scores;
  scores.rows = rows;
  scores.rows_per_feature = double(rows) / double(width);
  scores.frechet = rows > width ? frechet_distance(real.features, others.features)
                                : FrechetEstimate{std::nan(""), std::nan("")};
  scores.kernel_distance =
      kernel_distance(real.features, others.features, key, std::min(rows / subsets, most_subset_rows)).distance;
  scores.neighbour_rows = std::min(rows, most_neighbour_rows);
  scores.neighbours = precision_recall(first_rows(real.features, scores.neighbour_rows),
                                       first_rows(others.features, scores.neighbour_rows));
  scores.sharpness = estimate_of(others.sharpness);
  scores.least_sharpness = *std::min_element(others.sharpness.begin(), others.sharpness.end());
  return scores;
}

}  // namespace elbow

#include "metrics/blur.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"

namespace elbow {
namespace {

/// The pixel used as number i of n: those beyond the border are mirrored in it (BORDER_REFLECT_101).
int64_t mirrored(int64_t i, int64_t n) { return n == 1 ? 0 : i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; }

/// The mean of the channels of one image [channels, height * width].
template <class T> std::vector<double> grey_of(const T* image, int64_t channels, int64_t pixels) {
  std::vector<double> grey(size_t(pixels), 0.0);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < pixels; ++i) grey[size_t(i)] += double(image[c * pixels + i]) / double(channels);
  return grey;
}

/// The variance of the Laplacian of a grey image [height, width].
double laplacian_variance(const std::vector<double>& grey, int64_t height, int64_t width) {
  std::vector<double> laplacian(grey.size());
  for (int64_t r = 0; r < height; ++r) {
    const double* row = grey.data() + r * width;
    const double* above = grey.data() + mirrored(r - 1, height) * width;
    const double* below = grey.data() + mirrored(r + 1, height) * width;
    for (int64_t c = 0; c < width; ++c)
      laplacian[size_t(r * width + c)] =
          above[c] + below[c] + row[mirrored(c - 1, width)] + row[mirrored(c + 1, width)] - 4 * row[c];
  }
  double mean = 0, squares = 0;
  for (const double v : laplacian) mean += v / double(laplacian.size());
  for (const double v : laplacian) squares += (v - mean) * (v - mean);
  return squares / double(laplacian.size());
}

}  // namespace

std::vector<double> laplacian_variances(const Tensor& images) {
  if (images.rank() != 4 || images.numel() == 0)
    fail("blur", "expects images [rows, channels, height, width], not ", images.shape());
  const int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
  std::vector<double> variances(size_t(images.size(0)));
  dispatch(images.dtype(), [&]<class T>() {
    const T* pixels = images.data<T>();
    parallel_for(images.size(0), images.numel(), [&](int64_t i) {
      const T* image = pixels + i * channels * height * width;
      variances[size_t(i)] = laplacian_variance(grey_of(image, channels, height * width), height, width);
    });
  });
  return variances;
}

Blur blur_of(const Tensor& images) {
  const std::vector<double> variances = laplacian_variances(images);
  for (const double v : variances)
    if (!std::isfinite(v)) fail("blur", "an image has a non-finite pixel");
  const auto least = std::min_element(variances.begin(), variances.end());
  return {estimate_of(variances), *least, least - variances.begin()};
}

}  // namespace elbow

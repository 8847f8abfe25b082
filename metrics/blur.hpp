#pragma once
#include <vector>

#include "autograd/tensor.hpp"
#include "metrics/results.hpp"

namespace elbow {

/// How sharp each image is: the variance over its pixels of its Laplacian (Pech-Pacheco et al. 2000, "Diatom autofocusing
/// in brightfield microscopy"; large = sharp, 0 = even). Images [rows,channels,height,width], float32 or float64, give one
/// figure a row, in squared units of a pixel: pixels in 0..1 give 1/255^2 of what bytes give.
///
/// As cv2.Laplacian(grey, CV_64F, ksize=1).var(): the kernel 0 1 0 / 1 -4 1 / 0 1 0, beyond the border the pixels mirrored
/// in those of the border (-1 is 1), the variance divided by the number of pixels. Grey is the plain mean of the channels:
/// with the weights of luminance a red digit would count as more blurred than the same digit in green.
///
/// Computed in double; the same bits for any number of threads. Error if an axis is missing or empty.
std::vector<double> laplacian_variances(const Tensor& images);

/// The sharpness of a set of images.
struct Blur {
  Estimate variance;         ///< mean over the images of their laplacian_variances
  double minimum = 0;        ///< that of the most blurred image
  int64_t most_blurred = 0;  ///< its row
};

/// The same for all of a set at once. The standard error is NaN for a single image. Error as laplacian_variances, or if
/// an image has a non-finite pixel.
Blur blur_of(const Tensor& images);

}  // namespace elbow

#pragma once
#include <vector>

#include "base/config.hpp"
#include "data/dataset.hpp"
#include "nn/convolution.hpp"

namespace elbow {

/// @name The scales of an image in convolutional models
/// Each convolution of an encoder halves the image, 28, 13, 5, 1 pixels, and each transposed convolution of a decoder doubles it, the
/// last one to the full size.
/// @{
inline const ConvSettings encoding{4, 2}, decoding{5, 2}, last_decoding{6, 2, 1};

/// The size of the image after `layers` convolutions of the encoder; -1 where one does not fit.
int64_t encoded(int64_t size, size_t layers);

/// The size of the image that `layers` transposed convolutions make of one pixel.
int64_t decoded(size_t layers);

/// Error, naming the key, unless so many convolutions fit such images and so many transposed ones make them.
void check_pyramid(const Config& config, const ImageSize& image, const std::vector<int64_t>& encoder,
                   const std::vector<int64_t>& decoder);
/// @}

}  // namespace elbow

#pragma once
#include <cstdint>

#include "autograd/window.hpp"

// The kernels of conv2d and conv_transpose2d. A convolution turns images [rows, channels, height, width] into maps
// [rows, features, out_height, out_width] with a weight [features, channels, kernel height, kernel width]; it is linear
// in the images and in the weight, and these are its three products:
//
//   convolve              maps   = weight * patches of the images      conv2d's forward, conv_transpose2d's backward
//   convolve_transposed   images = its adjoint applied to the maps     conv2d's backward, conv_transpose2d's forward
//   convolve_weight       weight = its adjoint in the weight           the gradient of the weight, of both
namespace elbow {

struct Convolution {
  int64_t rows, channels, height, width;    ///< of the images
  int64_t features, out_height, out_width;  ///< of the maps
  Window window;

  int64_t taps() const { return window.size.height * window.size.width; }
  int64_t patch() const { return channels * taps(); }  ///< elements of one patch, and of one feature's weight
  int64_t image() const { return channels * height * width; }
  int64_t pixels() const { return out_height * out_width; }
  int64_t map() const { return features * pixels(); }
};

/// What is added at every pixel: nothing, a number for each channel, or one for each channel of each row.
template <class T> struct PixelBias {
  const T* data = nullptr;  // [channels] or [rows, channels]
  bool per_row = false;
};

/// maps[rows, features, out_height, out_width] (+)= the convolution of `images`, plus the bias of each feature.
template <class T>
void convolve(const Convolution&, const T* images, const T* weight, PixelBias<T> bias, T* maps, bool add);

/// images[rows, channels, height, width] (+)= each map's pixel spread over its patch with the weight, plus the bias of
/// each channel.
template <class T>
void convolve_transposed(const Convolution&, const T* maps, const T* weight, PixelBias<T> bias, T* images,
                         bool add);

/// weight[features, channels, kernel] (+)= sum over rows and pixels of the map times its patch of the image.
template <class T>
void convolve_weight(const Convolution&, const T* images, const T* maps, T* weight, bool add);

}  // namespace elbow

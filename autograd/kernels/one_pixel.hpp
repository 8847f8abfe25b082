#pragma once
// Convolutions whose maps have one pixel, such as the last layer of an encoder. Each row of the batch has one patch, so these are the products
// of a linear layer: the rows stay outermost, as they lie, and are rows of the product too. Lanes are then features or elements of a patch, which
// fill whole vectors; as columns, the rows of a batch rarely do.
#include <algorithm>

#include "autograd/kernels/convolution.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/tensor.hpp"
#include "base/parallel.hpp"

namespace elbow {

/// f(image, patch, length) for the runs of a patch that lie within the image: offsets in one row's image and in its patch.
template <class F> void for_each_run_of_one_patch(const Convolution& c, F f) {
  const Window& w = c.window;
  const int64_t top = w.padding.height, left = w.padding.width;
  const int64_t bottom = std::min(w.size.height, c.height + top);
  const int64_t length = std::max<int64_t>(0, std::min(w.size.width, c.width + left) - left);
  for (int64_t channel = 0; channel < c.channels; ++channel)
    for (int64_t i = top; i < bottom; ++i)
      f((channel * c.height + i - top) * c.width, (channel * w.size.height + i) * w.size.width + left, length);
}

/// Whether a patch is an image as it lies.
inline bool patch_is_image(const Convolution& c) {
  return c.window.size == Extent(c.height, c.width) && c.window.padding == Extent(0);
}

/// As convolve(), for c.pixels() == 1: maps[rows, features] (+)= patches[rows, patch] weight^T.
template <class T>
void convolve_to_one_pixel(const Convolution& c, const T* images, const T* weight, PixelBias<T> bias, T* maps,
                           bool add) {
  const int64_t k = c.patch();
  Tensor gathered;  // [rows, patch]
  if (!patch_is_image(c)) {
    gathered = Tensor::empty({c.rows, k}, dtype_of<T>);
    T* const patches = gathered.data<T>();
    parallel_for(c.rows, c.rows * k, [&](int64_t r) {
      const T* const from = images + r * c.image();
      T* const to = patches + r * k;
      if (c.window.padding != Extent(0)) std::fill_n(to, k, T(0));
      for_each_run_of_one_patch(c, [&](int64_t image, int64_t patch, int64_t length) {
        std::copy_n(from + image, length, to + patch);
      });
    });
    images = patches;
  }
  if (bias.per_row) std::copy_n(bias.data, c.rows * c.features, maps);
  gemm<T>({Trans::no, Trans::yes, c.rows, c.features, k, images, k, weight, k, add || bias.per_row, maps,
           c.features, bias.per_row ? nullptr : bias.data});
}

/// As convolve_transposed(), for c.pixels() == 1: the patches[rows, patch] are maps[rows, features] weight.
template <class T>
void convolve_transposed_from_one_pixel(const Convolution& c, const T* maps, const T* weight, PixelBias<T> bias,
                                        T* images, bool add) {
  const int64_t k = c.patch(), area = c.height * c.width;
  if (bias.data)
    parallel_for(c.rows * c.channels, c.rows * c.image(), [&](int64_t i) {
      std::fill_n(images + i * area, area, bias.data[bias.per_row ? i : i % c.channels]);
    });
  const bool adds = add || bias.data;
  if (patch_is_image(c))
    return gemm<T>({Trans::no, Trans::no, c.rows, k, c.features, maps, c.features, weight, k, adds, images, k});
  Tensor patches = Tensor::empty({c.rows, k}, dtype_of<T>);
  T* const p = patches.data<T>();
  gemm<T>({Trans::no, Trans::no, c.rows, k, c.features, maps, c.features, weight, k, false, p, k});
  parallel_for(c.rows, c.rows * k, [&](int64_t r) {
    T* const to = images + r * c.image();
    if (!adds) std::fill_n(to, c.image(), T(0));
    for_each_run_of_one_patch(c, [&](int64_t image, int64_t patch, int64_t length) {
      for (int64_t i = 0; i < length; ++i) to[image + i] += p[r * k + patch + i];
    });
  });
}

}  // namespace elbow

#include "autograd/kernels/convolution.hpp"

#include <algorithm>
#include <cstring>

#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/kernels/one_pixel.hpp"
#include "autograd/kernels/transpose_copy.hpp"
#include "autograd/tensor.hpp"
#include "base/parallel.hpp"

// All three products are matrix products with the matrix of patches (im2col; Chellapilla, Puri & Simard 2006), one
// column for each pixel of each row of the batch. The kernels work on blocks of rows, in which the rows lie innermost:
//
//   images [channels, height, width, block]    maps [features, pixels, block]    patches [patch, pixels, block]
//
// So a patch is gathered in runs of `block` neighbouring numbers, whatever kernel and stride; the weight is used as it
// lies; and getting there and back is one transpose of a matrix. The patches are made for some pixels at a time, few
// enough to stay in the cache until the product has read them. Maps of one pixel take a shorter way to and from them (one_pixel.hpp).
//
// The cuts into blocks and chunks depend on the sizes alone, and sums over them run in order: the bits do not depend on
// the number of threads.
namespace elbow {
namespace {

template <class T> Tensor scratch(int64_t elements) { return Tensor::empty({elements}, dtype_of<T>); }

/// Rows [first, first + size) of the batch.
struct Block {
  int64_t first, size;
};

/// How many blocks: of 16 to 48 rows, so few that a block's images and maps stay in the second-level cache between the steps of a
/// product, and so many that the product has 256 columns, if 48 are enough for that.
int64_t blocks_of(const Convolution& c) {
  constexpr int64_t elements = int64_t(1) << 17, columns = 256;
  const int64_t size = std::max(elements / std::max<int64_t>(1, c.image() + c.map()),
                                columns / std::max<int64_t>(1, c.pixels()));
  return std::min(c.rows, std::max<int64_t>(1, c.rows / std::clamp<int64_t>(size, 16, 48)));
}
Block block_of(const Convolution& c, int64_t i) {
  const int64_t n = blocks_of(c), first = c.rows * i / n;
  return {first, c.rows * (i + 1) / n - first};
}

/// f(block) for each block. Threads take whole blocks, as many each, and share the work on each of the rest.
template <class F> void for_each_block(const Convolution& c, F f) {
  const int64_t n = blocks_of(c), whole = n - n % num_threads();
  parallel_for(whole, c.rows * (c.image() + c.map()), [&](int64_t i) { f(block_of(c, i)); });
  for (int64_t i = whole; i < n; ++i) f(block_of(c, i));
}

/// f(first, last) for chunks of the pixels of a block.
template <class F> void for_each_chunk(const Convolution& c, Block b, F f) {
  constexpr int64_t elements = int64_t(1) << 17, columns = 256;
  const int64_t most =
      std::max({int64_t(1), elements / std::max<int64_t>(1, c.patch() * b.size), columns / b.size});
  const int64_t n = (c.pixels() + most - 1) / most;
  for (int64_t i = 0; i < n; ++i) f(c.pixels() * i / n, c.pixels() * (i + 1) / n);
}

/// Whether the matrix of patches is the image as it lies: each pixel sees one pixel, or the only one sees all.
bool patches_are_image(const Convolution& c) {
  const bool pixel = c.taps() == 1 && c.window.stride == Extent(1) && c.window.padding == Extent(0);
  return pixel || patch_is_image(c);
}

/// Cuts the pixels [first, last), seen through one tap of the kernel, into runs that lie side by side in the image:
/// f(pixel - first, length, pixel of the image), or -1 for the last where the tap falls on the padding.
template <class F> void for_each_run(const Convolution& c, int64_t tap, int64_t first, int64_t last, F f) {
  const Window& w = c.window;
  const int64_t i = tap / w.size.width, j = tap % w.size.width;
  // Columns [from, to) of a row of the map see the inside of the image.
  const auto at_least = [&](int64_t column) {  // the first x with x * stride + j - padding >= column
    return std::max<int64_t>(0, (column + w.padding.width - j + w.stride.width - 1) / w.stride.width);
  };
  const int64_t from = at_least(0), to = at_least(c.width);
  for (int64_t p = first; p < last;) {
    const int64_t y = p / c.out_width, x0 = p - y * c.out_width, x1 = std::min(c.out_width, x0 + last - p);
    const int64_t row = y * w.stride.height + i - w.padding.height;
    const bool outside = row < 0 || row >= c.height;
    const int64_t a = outside ? x1 : std::clamp(from, x0, x1), e = outside ? x1 : std::clamp(to, a, x1);
    const int64_t at = p - first - x0;
    int64_t source = row * c.width + a * w.stride.width + j - w.padding.width;
    if (a > x0) f(at + x0, a - x0, int64_t(-1));
    if (w.stride.width == 1) {
      if (e > a) f(at + a, e - a, source);
    } else {
      for (int64_t x = a; x < e; ++x, source += w.stride.width) f(at + x, int64_t(1), source);
    }
    if (x1 > e) f(at + e, x1 - e, int64_t(-1));
    p += x1 - x0;
  }
}

/// patches[patch, (last - first) * block] of image[channels, height * width, block].
template <class T>
void gather(const Convolution& c, int64_t block, const T* image, int64_t first, int64_t last, T* patches) {
  const int64_t columns = (last - first) * block, taps = c.taps();
  parallel_for(c.patch(), c.patch() * columns, [&](int64_t k) {
    const T* const channel = image + k / taps * c.height * c.width * block;
    T* const row = patches + k * columns;
    for_each_run(c, k % taps, first, last, [&](int64_t at, int64_t length, int64_t source) {
      if (source < 0)
        std::fill_n(row + at * block, length * block, T(0));
      else
        std::memcpy(row + at * block, channel + source * block, size_t(length * block) * sizeof(T));
    });
  });
}

/// The adjoint of gather: adds the patches to where they came from.
template <class T>
void scatter(const Convolution& c, int64_t block, const T* patches, int64_t first, int64_t last, T* image) {
  const int64_t columns = (last - first) * block, taps = c.taps();
  parallel_for(c.channels, c.patch() * columns, [&](int64_t channel) {
    T* const target = image + channel * c.height * c.width * block;
    for (int64_t tap = 0; tap < taps; ++tap) {
      const T* const row = patches + (channel * taps + tap) * columns;
      for_each_run(c, tap, first, last, [&](int64_t at, int64_t length, int64_t source) {
        if (source < 0) return;
        const T* __restrict from = row + at * block;
        T* __restrict to = target + source * block;
        for (int64_t n = 0; n < length * block; ++n) to[n] += from[n];
      });
    }
  });
}

/// x[rows, size], rows [b.first, ...) of it, as [size, b.size].
template <class T> Tensor rows_innermost(Block b, int64_t size, const T* x) {
  Tensor out = scratch<T>(size * b.size);
  transpose_copy(b.size, size, x + b.first * size, size, out.data<T>(), b.size);
  return out;
}

/// And back: those rows of y[rows, size] (+)= x[size, b.size].
template <class T> void rows_outermost(Block b, int64_t size, const T* x, T* y, bool add) {
  y += b.first * size;
  if (!add) return transpose_copy(size, b.size, x, b.size, y, size);
  Tensor turned = scratch<T>(size * b.size);
  const T* t = turned.data<T>();
  transpose_copy(size, b.size, x, b.size, turned.data<T>(), size);
  for (int64_t i = 0; i < size * b.size; ++i) y[i] += t[i];
}

/// out[channels, pixels, b.size] = the bias, or 0.
template <class T> void start_with(PixelBias<T> bias, Block b, int64_t channels, int64_t pixels, T* out) {
  parallel_for(channels, channels * pixels * b.size, [&](int64_t c) {
    T* const row = out + c * pixels * b.size;
    if (!bias.per_row) return void(std::fill_n(row, pixels * b.size, bias.data ? bias.data[c] : T(0)));
    for (int64_t n = 0; n < b.size; ++n) row[n] = bias.data[(b.first + n) * channels + c];
    for (int64_t p = 1; p < pixels; ++p) std::copy_n(row, b.size, row + p * b.size);
  });
}

}  // namespace

template <class T>
void convolve(const Convolution& c, const T* images, const T* weight, PixelBias<T> bias, T* maps, bool add) {
  if (c.pixels() == 1) return convolve_to_one_pixel(c, images, weight, bias, maps, add);
  for_each_block(c, [&](Block b) {
    Tensor image = rows_innermost(b, c.image(), images), map = scratch<T>(c.map() * b.size);
    T* const m = map.data<T>();  // [features, pixels * block]
    const int64_t ld = c.pixels() * b.size, k = c.patch();
    if (bias.data) start_with(bias, b, c.features, c.pixels(), m);
    const auto product = [&](const T* patches, int64_t ld_patches, int64_t first, int64_t columns) {
      gemm<T>({Trans::no, Trans::no, c.features, columns, k, weight, k, patches, ld_patches,
               bias.data != nullptr, m + first * b.size, ld});
    };
    if (patches_are_image(c)) {
      product(image.data<T>(), ld, 0, ld);
    } else {
      for_each_chunk(c, b, [&](int64_t first, int64_t last) {
        const int64_t columns = (last - first) * b.size;
        Tensor patches = scratch<T>(k * columns);
        gather(c, b.size, image.data<T>(), first, last, patches.data<T>());
        product(patches.data<T>(), columns, first, columns);
      });
    }
    rows_outermost(b, c.map(), m, maps, add);
  });
}

template <class T>
void convolve_transposed(const Convolution& c, const T* maps, const T* weight, PixelBias<T> bias, T* images,
                         bool add) {
  if (c.pixels() == 1) return convolve_transposed_from_one_pixel(c, maps, weight, bias, images, add);
  for_each_block(c, [&](Block b) {
    Tensor map = rows_innermost(b, c.map(), maps), image = scratch<T>(c.image() * b.size);
    T* const x = image.data<T>();  // [channels, height * width * block]
    const int64_t ld = c.pixels() * b.size, k = c.patch();
    start_with(bias, b, c.channels, c.height * c.width, x);
    const auto product = [&](int64_t first, int64_t columns, bool accumulate, T* patches) {
      gemm<T>({Trans::yes, Trans::no, k, columns, c.features, weight, k, map.data<T>() + first * b.size, ld,
               accumulate, patches, columns});
    };
    if (patches_are_image(c)) {
      product(0, ld, true, x);
    } else {
      for_each_chunk(c, b, [&](int64_t first, int64_t last) {
        const int64_t columns = (last - first) * b.size;
        Tensor patches = scratch<T>(k * columns);
        product(first, columns, false, patches.data<T>());
        scatter(c, b.size, patches.data<T>(), first, last, x);
      });
    }
    rows_outermost(b, c.image(), x, images, add);
  });
}

template <class T>
void convolve_weight(const Convolution& c, const T* images, const T* maps, T* weight, bool add) {
  const int64_t k = c.patch(), f = c.features, n = blocks_of(c);
  // Of the two factors, gemm turns the right one round while packing it: the smaller one had better be there. Then the
  // weight comes out transposed, and is turned round in the end.
  const bool turned = f * c.rows * c.pixels() + k * f < k * c.rows * c.pixels();
  Tensor sum = turned ? scratch<T>(k * f) : Tensor();
  T* const out = turned ? sum.data<T>() : weight;
  bool holds_sum = add && !turned;  // else the first product overwrites what `out` holds
  for (int64_t i = 0; i < n; ++i) {
    const Block b = block_of(c, i);
    const Tensor image = rows_innermost(b, c.image(), images), map = rows_innermost(b, c.map(), maps);
    const int64_t ld = c.pixels() * b.size;
    const auto product = [&](const T* patches, int64_t ld_patches, int64_t first, int64_t columns) {
      const T* const m = map.data<T>() + first * b.size;  // [features, ld]
      if (turned)
        gemm<T>({Trans::no, Trans::yes, k, f, columns, patches, ld_patches, m, ld, holds_sum, out, f});
      else
        gemm<T>({Trans::no, Trans::yes, f, k, columns, m, ld, patches, ld_patches, holds_sum, out, k});
      holds_sum = true;
    };
    if (patches_are_image(c)) {
      product(image.data<T>(), ld, 0, ld);
      continue;
    }
    for_each_chunk(c, b, [&](int64_t first, int64_t last) {
      const int64_t columns = (last - first) * b.size;
      Tensor patches = scratch<T>(k * columns);
      gather(c, b.size, image.data<T>(), first, last, patches.data<T>());
      product(patches.data<T>(), columns, first, columns);
    });
  }
  if (!holds_sum) std::fill_n(out, k * f, T(0));  // an empty batch
  if (turned) rows_outermost({0, f}, k, out, weight, add);
}

template void convolve(const Convolution&, const float*, const float*, PixelBias<float>, float*, bool);
template void convolve(const Convolution&, const double*, const double*, PixelBias<double>, double*, bool);
template void convolve_transposed(const Convolution&, const float*, const float*, PixelBias<float>, float*,
                                  bool);
template void convolve_transposed(const Convolution&, const double*, const double*, PixelBias<double>, double*,
                                  bool);
template void convolve_weight(const Convolution&, const float*, const float*, float*, bool);
template void convolve_weight(const Convolution&, const double*, const double*, double*, bool);

}  // namespace elbow

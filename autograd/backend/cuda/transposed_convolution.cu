// The transposed convolution: a large one by one product and a gathering of taps; a small one by a product for each pair of
// residues; one of maps of one pixel by a product of matrices.
#include "autograd/backend/cuda/convolution_operands.hpp"

namespace elbow::cuda {
namespace {

/// One axis of images, of whose positions each is reached by every `stride`-th tap of the kernel: by those whose number is the
/// residue of position + padding by the stride. The positions of one residue are a convolution of stride 1 by themselves, in
/// which no tap is wasted.
struct Residues {
  int stride, padding, kernel, length;
  FastDivisor taps[2],
      positions[2];  // their number for the first residues, and for the others: one more or less
  Residues(int64_t stride, int64_t padding, int64_t kernel, int64_t length)
      : stride(int(stride)),
        padding(int(padding)),
        kernel(int(kernel)),
        length(int(length)),
        taps{FastDivisor(kernel / stride + 1), FastDivisor(kernel / stride)},
        positions{FastDivisor(length / stride + 1), FastDivisor(length / stride)} {}
  ELBOW_DEVICE const FastDivisor& taps_of(int residue) const { return taps[residue < kernel % stride ? 0 : 1]; }
  /// The first position of that residue.
  ELBOW_DEVICE int first(int residue) const { return (residue + stride - padding % stride) % stride; }
  ELBOW_DEVICE const FastDivisor& positions_of(int residue) const {
    return positions[first(residue) < length % stride ? 0 : 1];
  }
  int most_taps() const { return (kernel + stride - 1) / stride; }
  int most_positions() const { return (length + stride - 1) / stride; }
};

/// The transposed convolution: a product for each pair of residues. images[c, (row, y, x)] = the sum over (feature, p, q) of
/// weight[c, (feature, p, q)] maps[(row, y, x), (feature, p, q)], where y, x count the positions and p, q the taps of the
/// residues.
template <class T> struct TransposedConvolution {
  using A = Operand<T, Line, Grid3, true>;
  using B = Operand<T, Grid3, Grid3, false>;
  using C = Result<T, Line, Grid3>;
  static constexpr bool sums = false;
  Ptr<const T> maps, weight, bias;
  Ptr<T> images;
  bool add;
  int bias_of_row;  // of the images
  int rows, channels, features, out_height, out_width;
  Residues vertical, horizontal;
  int m, n, k, count;  // the most that a pair of residues needs

  ELBOW_DEVICE auto part(int pair) const {
    const Residues &v = vertical, &h = horizontal;
    const int of_y = pair / h.stride, of_x = pair - of_y * h.stride;
    const FastDivisor &ps = v.taps_of(of_y), &qs = h.taps_of(of_x);
    const FastDivisor &ys = v.positions_of(of_y), &xs = h.positions_of(of_x);
    const int columns = rows * int(ys.divisor * xs.divisor), terms = features * int(ps.divisor * qs.divisor);
    const int pixels = out_height * out_width, taps = v.kernel * h.kernel, y = v.first(of_y), x = h.first(of_x);
    // Tap p of the residue is number p * stride + residue of the kernel. It leads from position y, the image's pixel
    // y * stride + first, to the map's pixel y + (first + padding) / stride - p.
    const A a{weight,
              {channels, taps},
              {terms, ps, qs, int64_t(channels) * taps, h.kernel, v.stride, h.stride, of_y, of_x},
              v.kernel,
              h.kernel};
    const B b{maps,
              {columns, ys, xs, int64_t(features) * pixels, out_width, 1, 1, (y + v.padding) / v.stride,
               (x + h.padding) / h.stride},
              {terms, ps, qs, pixels, out_width, -1, -1},
              out_height,
              out_width};
    const C c{images,
              add,
              {channels, int64_t(v.length) * h.length},
              {columns, ys, xs, int64_t(channels) * v.length * h.length, h.length, v.stride, h.stride, y, x},
              bias,
              1,
              bias_of_row};
    return Part<A, B, C>{channels, columns, terms, a, b, c};
  }
};

// What a product has made of maps: a number for each tap of each of their pixels.
template <class T> struct SpreadPixels {
  Ptr<const T> values;
  int of_tap, of_pixel;  // from one tap's to the next's, and from one pixel's
};

// images[row, channel, y, x] (+)= the sum over the taps (p, q) that lead there, from the pixels (u, v), plus the bias: col2im.
template <class T>
void gather_taps(const Convolution& s, const SpreadPixels<T>& spread, const Tensor& bias, Target images) {
  const Window& w = s.window;
  const FastDivisor width(s.width), height(s.height), channels(s.channels), down(w.stride.height),
      along(w.stride.width);
  const int pad_y = int(w.padding.height), pad_x = int(w.padding.width), size_y = int(w.size.height),
            size_x = int(w.size.width), out_height = int(s.out_height), out_width = int(s.out_width),
            of_bias = bias_stride(bias);
  const Ptr<const T> biases = optional<T>(bias);
  // From one tap that leads to a pixel to the next one: `stride` taps on, from the pixel before.
  const int next_p = int(w.stride.height) * size_x * spread.of_tap - out_width * spread.of_pixel,
            next_q = int(w.stride.width) * spread.of_tap - spread.of_pixel;
  write<T>(images, [=] ELBOW_DEVICE(int64_t element) {
    const uint32_t line = width(uint32_t(element)), plane = height(line), row = channels(plane);
    const uint32_t x = uint32_t(element) - line * width.divisor + uint32_t(pad_x),
                   y = line - plane * height.divisor + uint32_t(pad_y),
                   channel = plane - row * channels.divisor;
    // Tap p0 leads here from pixel u0, which may lie beyond the maps; p0 + stride from u0 - 1, ....
    const int u0 = int(down(y)), v0 = int(along(x)), p0 = int(y - down.divisor * uint32_t(u0)),
              q0 = int(x - along.divisor * uint32_t(v0));
    const int first_p = u0 < out_height ? 0 : u0 - out_height + 1,
              first_q = v0 < out_width ? 0 : v0 - out_width + 1;
    const int taps_p = p0 < size_y ? int(down(uint32_t(size_y - 1 - p0))) : -1,
              taps_q = q0 < size_x ? int(along(uint32_t(size_x - 1 - q0))) : -1;
    const int last_p = taps_p < u0 ? taps_p : u0, last_q = taps_q < v0 ? taps_q : v0;
    const int tap = (int(channel) * size_y + p0) * size_x + q0,
              pixel = (int(row) * out_height + u0) * out_width + v0;
    const int64_t at = int64_t(tap) * spread.of_tap + int64_t(pixel) * spread.of_pixel;
    T sum = biases ? T(biases[int64_t(row) * of_bias + channel]) : T(0);
    for (int p = first_p; p <= last_p; ++p)
#pragma unroll 4
      for (int q = first_q; q <= last_q; ++q) sum += spread.values[at + p * next_p + q * next_q];
    return sum;
  });
}

// A large transposed convolution: one product spreads each pixel of the maps over its patch, and each pixel of the images gathers
// what fell on it. false, with nothing done, where another way is better.
template <class T>
bool spread_and_gather(const Convolution& s, const Tensor& maps, const Tensor& weight, const Tensor& bias,
                       Target images) {
  const int64_t patch = s.patch(), pixels = s.rows * s.pixels(), features = s.features;
  if (!is_to_lay_out<T>(patch, pixels, features)) return false;
  Tensor columns = Tensor::empty(Shape{patch, pixels}, dtype_of<T>, Device::cuda);
  const Operand<T, Line, Line, false> w{in<T>(weight), {int(patch), 1}, {int(features), patch}};
  const auto matrix = [&](int64_t rows, int64_t across) {
    return Result<T, Line, Line>{out<T>(columns), false, {int(rows), across}, {int(across), 1}};
  };
  if (s.pixels() == 1) {  // columns [pixels, patch]: the images are read along the taps
    const Operand<T, Line, Line, true> x{in<T>(maps), {int(pixels), features}, {int(features), 1}};
    if (!run_laid_out<T>(pixels, patch, features, x, w, matrix(pixels, patch))) return false;
    gather_taps<T>(s, {in<T>(columns), 1, int(patch)}, bias, images);
    return true;
  }
  const Operand<T, Grid3, Line, false> x{
      in<T>(maps), pixels_of(s), {int(features), s.pixels()}, int(s.out_height), int(s.out_width)};
  if (!run_laid_out<T>(patch, pixels, features, w, x, matrix(patch, pixels))) return false;
  gather_taps<T>(s, {in<T>(columns), int(pixels), 1}, bias, images);
  return true;
}

// Maps of one pixel: a product of matrices, images[row, (c, y, x)] = the sum over f of maps[row, f] weight[f, (c, y, x)].
template <class T>
void spread_pixel(const Convolution& s, const Tensor& maps, const Tensor& weight, const Tensor& bias,
                  Target images) {
  const Window& w = s.window;
  const FastDivisor ys(s.height), xs(s.width);
  const int n = int(s.image()), area = int(s.height * s.width);
  const Operand<T, Line, Line, true> a{in<T>(maps), {int(s.rows), s.features}, {int(s.features), 1}};
  const Operand<T, Grid3, Line, false> b{
      in<T>(weight),
      {n, ys, xs, s.taps(), int(w.size.width), 1, 1, int(w.padding.height), int(w.padding.width)},
      {int(s.features), s.patch()},
      int(w.size.height),
      int(w.size.width)};
  const Result<T, Line, Grid3> c{out<T>(images.tensor),
                                 images.add,
                                 {int(s.rows), s.image()},
                                 {n, ys, xs, area, int(s.width)},
                                 optional<T>(bias),
                                 bias_stride(bias),
                                 1};
  run_in_place<T>(s.rows, n, s.features, a, b, c);
}

}  // namespace

template <class T>
void convolve_transposed(const Convolution& s, const Tensor& maps, const Tensor& weight, const Tensor& bias,
                         Target images) {
  if (images.numel() == 0) return;
  check_sizes(s);
  if (spread_and_gather<T>(s, maps, weight, bias, images)) return;
  if (s.pixels() == 1) return spread_pixel<T>(s, maps, weight, bias, images);
  const Window& w = s.window;
  const Residues v(w.stride.height, w.padding.height, w.size.height, s.height);
  const Residues h(w.stride.width, w.padding.width, w.size.width, s.width);
  run_product<T>(TransposedConvolution<T>{
      in<T>(maps), in<T>(weight), optional<T>(bias), out<T>(images.tensor), images.add, bias_stride(bias),
      int(s.rows), int(s.channels), int(s.features), int(s.out_height), int(s.out_width), v, h, int(s.channels),
      int(s.rows) * v.most_positions() * h.most_positions(), int(s.features) * v.most_taps() * h.most_taps(),
      v.stride * h.stride});
}

template void convolve_transposed<float>(const Convolution&, const Tensor&, const Tensor&, const Tensor&,
                                         Target);
template void convolve_transposed<double>(const Convolution&, const Tensor&, const Tensor&, const Tensor&,
                                          Target);

}  // namespace elbow::cuda

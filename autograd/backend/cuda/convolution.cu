#include "autograd/backend/cuda/convolution.hpp"

#include "autograd/backend/cuda/laid_out.hpp"

namespace elbow::cuda {

/// Products whose operands are the same for a whole launch.
template <class A_, class B_, class C> struct OneProduct : Part<A_, B_, C> {
  using A = A_;
  using B = B_;
  static constexpr bool sums = false;
  static constexpr int count = 1;
  ELBOW_DEVICE const Part<A, B, C>& part(int) const { return *this; }
};

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

namespace {

// The kernels count pixels, taps and their products in 32 bits.
void check_sizes(const Convolution& s) {
  for (const int64_t size :
       {s.rows * s.pixels(), s.rows * s.height * s.width, s.patch(), s.features * s.taps()})
    if (size >= int64_t{1} << 30)
      fail("cuda", "a convolution of ", s.rows, " images of ", s.height, "x", s.width, " is too large");
}

template <class T> Ptr<const T> optional(const Tensor& bias) { return bias ? in<T>(bias) : Ptr<const T>(); }

// From the bias of one image to that of the next.
int bias_stride(const Tensor& bias) { return bias && bias.rank() == 2 ? int(bias.shape()[1]) : 0; }

// (row, u, v) for each pixel of the maps: the corner of its patch in the images.
Grid3 patches_of(const Convolution& s) {
  const Window& w = s.window;
  return {int(s.rows * s.pixels()),
          FastDivisor(s.out_height),
          FastDivisor(s.out_width),
          s.image(),
          int(s.width),
          int(w.stride.height),
          int(w.stride.width),
          int(-w.padding.height),
          int(-w.padding.width)};
}
// (channel, p, q) for each element of a patch.
Grid3 taps_of(const Convolution& s) {
  return {int(s.patch()), FastDivisor(s.window.size.height), FastDivisor(s.window.size.width),
          s.height * s.width, int(s.width)};
}
// (row, u, v) for each pixel of the maps, in the order of the maps.
Grid3 pixels_of(const Convolution& s) {
  return {int(s.rows * s.pixels()), FastDivisor(s.out_height), FastDivisor(s.out_width), s.map(),
          int(s.out_width)};
}

template <class T, class Problem> void run(const Problem& problem) {
  if (!run_laid_out<T>(problem)) run_product<T>(problem);
}

template <class T, class A, class B, class C>
void run_one(int64_t m, int64_t n, int64_t k, const A& a, const B& b, const C& c) {
  run<T>(OneProduct<A, B, C>{{int(m), int(n), int(k), a, b, c}});
}

}  // namespace

// maps[f, (row, u, v)] = the sum over (channel, p, q) of weight[f, (channel, p, q)] images[(row, u, v), (channel, p, q)].
template <class T>
void convolve(const Convolution& s, const Tensor& images, const Tensor& weight, const Tensor& bias,
              Target maps) {
  if (maps.numel() == 0) return;
  check_sizes(s);
  const Operand<T, Line, Line, true> a{in<T>(weight), {int(s.features), s.patch()}, {int(s.patch()), 1}};
  const Operand<T, Grid3, Grid3, false> b{in<T>(images), patches_of(s), taps_of(s), int(s.height),
                                          int(s.width)};
  const Result<T, Line, Grid3> c{out<T>(maps.tensor), maps.add,          {int(s.features), s.pixels()},
                                 pixels_of(s),        optional<T>(bias), 1,
                                 bias_stride(bias)};
  run_one<T>(s.features, s.rows * s.pixels(), s.patch(), a, b, c);
}

// weight[f, (channel, p, q)] = the sum over (row, u, v) of maps[f, (row, u, v)] images[(channel, p, q), (row, u, v)].
template <class T>
void convolve_weight(const Convolution& s, const Tensor& images, const Tensor& maps, Target weight) {
  if (weight.numel() == 0) return;
  check_sizes(s);
  const Operand<T, Line, Grid3, true> a{
      in<T>(maps), {int(s.features), s.pixels()}, pixels_of(s), int(s.out_height), int(s.out_width)};
  const Operand<T, Grid3, Grid3, true> b{in<T>(images), taps_of(s), patches_of(s), int(s.height), int(s.width)};
  const Result<T, Line, Line> c{
      out<T>(weight.tensor), weight.add, {int(s.features), s.patch()}, {int(s.patch()), 1}};
  run_one<T>(s.features, s.patch(), s.rows * s.pixels(), a, b, c);
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
  run_one<T>(s.rows, n, s.features, a, b, c);
}

template <class T>
void convolve_transposed(const Convolution& s, const Tensor& maps, const Tensor& weight, const Tensor& bias,
                         Target images) {
  if (images.numel() == 0) return;
  check_sizes(s);
  if (s.pixels() == 1) return spread_pixel<T>(s, maps, weight, bias, images);
  const Window& w = s.window;
  const Residues v(w.stride.height, w.padding.height, w.size.height, s.height);
  const Residues h(w.stride.width, w.padding.width, w.size.width, s.width);
  run<T>(TransposedConvolution<T>{in<T>(maps), in<T>(weight), optional<T>(bias), out<T>(images.tensor),
                                  images.add, bias_stride(bias), int(s.rows), int(s.channels), int(s.features),
                                  int(s.out_height), int(s.out_width), v, h, int(s.channels),
                                  int(s.rows) * v.most_positions() * h.most_positions(),
                                  int(s.features) * v.most_taps() * h.most_taps(), v.stride * h.stride});
}

#define ELBOW_CONVOLUTIONS(T)                                                                           \
  template void convolve<T>(const Convolution&, const Tensor&, const Tensor&, const Tensor&, Target);   \
  template void convolve_transposed<T>(const Convolution&, const Tensor&, const Tensor&, const Tensor&, \
                                       Target);                                                         \
  template void convolve_weight<T>(const Convolution&, const Tensor&, const Tensor&, Target);
ELBOW_CONVOLUTIONS(float)
ELBOW_CONVOLUTIONS(double)
#undef ELBOW_CONVOLUTIONS

}  // namespace elbow::cuda

#include <cmath>
#include <vector>

#include "autograd/linear_op.hpp"
#include "autograd/window.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x [rows, channels, height, width]: [rows, channels, out.height, out.width].
Tensor resize_bilinear(const Tensor& x, Extent out);
#endif

namespace elbow::ops {

/// Pixels are squares, and the corners of the two images coincide (align_corners = false in PyTorch): the centre of
/// output row u lies at (u + 1/2) height / out_height - 1/2 of the input, no higher than its first row's centre and no
/// lower than the last one's. Nothing is smoothed before shrinking.
struct ResizeBilinear : LinearOp<ResizeBilinear> {
  static constexpr auto name = "resize_bilinear",
                        doc = "an image at another size, each pixel interpolated between the four around it";
  Extent out = 1;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    require_images(name, x);
    if (out.height < 1 || out.width < 1) fail(name, "the output must be at least 1x1, not ", out);
    if (x[2] < 1 || x[3] < 1) fail(name, "there are no pixels in ", x);
    return {x[0], x[1], out.height, out.width};
  }
  /// Output position i is `share` of input `after` and 1 - `share` of input `before`.
  struct Blend {
    int64_t before, after;
    double share;
  };
  ELBOW_FN static Blend blend(int64_t i, int64_t size, int64_t out_size) {
    const double at = std::max(0.0, (double(i) + 0.5) * double(size) / double(out_size) - 0.5);
    const int64_t before = std::min(int64_t(at), size - 1);
    return {before, std::min(before + 1, size - 1), at - double(before)};
  }
  static std::vector<Blend> blends(int64_t size, int64_t out_size) {
    std::vector<Blend> all;
    for (int64_t i = 0; i < out_size; ++i) all.push_back(blend(i, size, out_size));
    return all;
  }
  /// x [rows, channels, height, width], y [rows, channels, out.height, out.width].
  template <class T> void map(const Shape& in, const T* x, const Shape& shape, T* y) const {
    const auto rows = blends(in[2], out.height), columns = blends(in[3], out.width);
    parallel_for(in[0] * in[1], shape.numel(), [&](int64_t plane) {
      T* to = y + plane * out.height * out.width;
      for (const Blend& r : rows) {
        const T *upper = x + (plane * in[2] + r.before) * in[3], *lower = x + (plane * in[2] + r.after) * in[3];
        for (const Blend& s : columns) {
          const T v = T(r.share), h = T(s.share);
          *to++ = (1 - v) * ((1 - h) * upper[s.before] + h * upper[s.after]) +
                  v * ((1 - h) * lower[s.before] + h * lower[s.after]);
        }
      }
    });
  }
  /// dy [rows, channels, out.height, out.width], dx [rows, channels, height, width].
  template <class T> void adjoint(const Shape& shape, const T* dy, const Shape& in, T* dx, bool add) const {
    const auto rows = blends(in[2], out.height), columns = blends(in[3], out.width);
    parallel_for(in[0] * in[1], shape.numel(), [&](int64_t plane) {
      const T* from = dy + plane * out.height * out.width;
      if (!add) std::fill_n(dx + plane * in[2] * in[3], in[2] * in[3], T(0));
      for (const Blend& r : rows) {
        T *upper = dx + (plane * in[2] + r.before) * in[3], *lower = dx + (plane * in[2] + r.after) * in[3];
        for (const Blend& s : columns) {
          const T v = T(r.share), h = T(s.share), g = *from++;
          upper[s.before] += (1 - v) * (1 - h) * g;
          upper[s.after] += (1 - v) * h * g;
          lower[s.before] += v * (1 - h) * g;
          lower[s.after] += v * h * g;
        }
      }
    });
  }
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    const auto from = cuda::in<T>(x);  // [rows * channels, height, width]
    const int64_t height = x.shape()[2], width = x.shape()[3], out_height = out.height, out_width = out.width;
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / out_width / out_height;
      const Blend r = blend(i / out_width % out_height, height, out_height),
                  s = blend(i % out_width, width, out_width);
      const int64_t upper = (plane * height + r.before) * width, lower = (plane * height + r.after) * width;
      const T v = T(r.share), h = T(s.share);
      return (1 - v) * ((1 - h) * from[upper + s.before] + h * from[upper + s.after]) +
             v * ((1 - h) * from[lower + s.before] + h * from[lower + s.after]);
    });
  }
  /// Output positions that may see input position i, and perhaps one more at either end: those whose point, as in blend(), lies
  /// between i - 1 and i + 1.
  ELBOW_FN static Span near(int64_t i, int64_t size, int64_t out_size) {
    const double scale = double(out_size) / double(size);
    return {int64_t(std::max(0.0, (double(i) - 0.5) * scale - 0.5)),
            std::min(int64_t((double(i) + 1.5) * scale - 0.5) + 2, out_size)};
  }
  /// The weight of input position i in such a blend.
  template <class T> ELBOW_FN static T weight(const Blend& b, int64_t i) {
    return (b.before == i ? 1 - T(b.share) : T(0)) + (b.after == i ? T(b.share) : T(0));
  }
  /// Each pixel collects from those that see it.
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const auto from = cuda::in<T>(dy);  // [rows * channels, out.height, out.width]
    const int64_t height = dx.tensor.shape()[2], width = dx.tensor.shape()[3], out_height = out.height,
                  out_width = out.width;
    cuda::write<T>(dx, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t plane = i / width / height, r = i / width % height, s = i % width;
      const Span rows = near(r, height, out_height), columns = near(s, width, out_width);
      T sum = 0;
      for (int64_t u = rows.begin; u < rows.end; ++u) {
        T of_row = 0;
        for (int64_t v = columns.begin; v < columns.end; ++v)
          of_row += weight<T>(blend(v, width, out_width), s) * from[(plane * out_height + u) * out_width + v];
        sum += weight<T>(blend(u, height, out_height), r) * of_row;
      }
      return sum;
    });
  }
  // Each input pixel weighs 1 - its distance from the sampled point, along both axes.
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape();
    const auto weight = [](int64_t pixel, int64_t size, int64_t i, int64_t out_size) {
      const double at = (double(i) + 0.5) * double(size) / double(out_size) - 0.5;
      return std::max(0.0, 1 - std::abs(std::clamp(at, 0.0, double(size - 1)) - double(pixel)));
    };
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t u = 0; u < out.height; ++u)
        for (int64_t v = 0; v < out.width; ++v) {
          *y = 0;
          for (int64_t r = 0; r < x[2]; ++r)
            for (int64_t s = 0; s < x[3]; ++s)
              *y += weight(r, x[2], u, out.height) * weight(s, x[3], v, out.width) *
                    in[0].data<double>()[(plane * x[2] + r) * x[3] + s];
          ++y;
        }
  }
  static void samples(Samples<ResizeBilinear>& s) {
    s.add(ResizeBilinear{{}, {7, 9}}, {s.in({2, 3, 4, 5})}, "larger, 7x9");
    s.add(ResizeBilinear{{}, {2, 3}}, {s.in({2, 2, 5, 7})}, "smaller, 2x3");
    s.add(ResizeBilinear{{}, {3, 4}}, {s.in({1, 2, 3, 4})}, "the same size").add({s.in({0, 2, 3, 3})});
    s.add(ResizeBilinear{{}, {3, 2}}, {s.in({2, 1, 1, 1})}, "of one pixel");
    s.refuse(ResizeBilinear{}, {s.in({4, 4})}, "expects images [rows, channels, height, width]");
    s.refuse(ResizeBilinear{{}, {0, 3}}, {s.in({1, 1, 4, 4})}, "at least 1x1");
    s.refuse(ResizeBilinear{}, {s.in({1, 1, 4, 0})}, "no pixels");
    s.benchmark(ResizeBilinear{{}, 299}, {s.in({2, 3, 28, 28})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::resize_bilinear(const Tensor& x, Extent out) {
  return ops::apply(ops::ResizeBilinear{{}, out}, x);
}
ELBOW_OP(resize_bilinear, ResizeBilinear)

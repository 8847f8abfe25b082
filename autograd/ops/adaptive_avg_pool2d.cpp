#include "autograd/kernels/average_windows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x [rows, channels, height, width]: [rows, channels, out.height, out.width].
Tensor adaptive_avg_pool2d(const Tensor& x, Extent out);
#endif

namespace elbow::ops {

/// Output row u sees the rows from floor(u height / out_height) to ceil((u + 1) height / out_height): where the one is
/// not a multiple of the other, neighbours share a row.
struct AdaptiveAvgPool2d : AverageWindows<AdaptiveAvgPool2d> {
  static constexpr auto name = "adaptive_avg_pool2d",
                        doc =
                            "an image cut into a given number of windows as even as possible, and their means";
  Extent out = 1;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    require_images(name, x);
    if (out.height < 1 || out.width < 1) fail(name, "the output must be at least 1x1, not ", out);
    if (x[2] < 1 || x[3] < 1) fail(name, "there are no pixels in ", x);
    return {x[0], x[1], out.height, out.width};
  }
  ELBOW_FN static Span part(int64_t i, int64_t size, int64_t parts) {
    return {i * size / parts, ((i + 1) * size + parts - 1) / parts};
  }
  ELBOW_FN Span rows(int64_t u, int64_t height, int64_t out_height) const {
    return part(u, height, out_height);
  }
  ELBOW_FN Span columns(int64_t v, int64_t width, int64_t out_width) const { return part(v, width, out_width); }
  // The windows that see a pixel: the intervals of pixels and of windows overlap in the same way from either side.
  ELBOW_FN Span over_row(int64_t r, int64_t height, int64_t out_height) const {
    return part(r, out_height, height);
  }
  ELBOW_FN Span over_column(int64_t s, int64_t width, int64_t out_width) const {
    return part(s, out_width, width);
  }
  ELBOW_FN int64_t divisor(Span rows, Span columns) const { return rows.size() * columns.size(); }

  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape();
    // Pixel r is seen by window u when the interval [r, r + 1) / height overlaps [u, u + 1) / parts.
    const auto meets = [](int64_t r, int64_t size, int64_t u, int64_t parts) {
      return r * parts < (u + 1) * size && (r + 1) * parts > u * size;
    };
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t u = 0; u < out.height; ++u)
        for (int64_t v = 0; v < out.width; ++v) {
          double sum = 0, seen = 0;
          for (int64_t r = 0; r < x[2]; ++r)
            for (int64_t s = 0; s < x[3]; ++s)
              if (meets(r, x[2], u, out.height) && meets(s, x[3], v, out.width)) {
                sum += in[0].data<double>()[(plane * x[2] + r) * x[3] + s];
                ++seen;
              }
          *y++ = sum / seen;
        }
  }
  static void samples(Samples<AdaptiveAvgPool2d>& s) {
    const auto pool = [](Extent out) {
      AdaptiveAvgPool2d op;
      op.out = out;
      return op;
    };
    s.add(pool(1), {s.in({2, 3, 4, 5})}, "1x1").add(pool({3, 2}), {s.in({2, 2, 7, 5})}, "3x2");
    s.add(pool({4, 3}), {s.in({2, 1, 2, 3})}, "4x3, larger than the image").add(pool(2), {s.in({0, 1, 4, 4})});
    s.refuse(pool(1), {s.in({4, 4})}, "expects images [rows, channels, height, width]");
    s.refuse(pool(0), {s.in({1, 1, 4, 4})}, "at least 1x1").refuse(pool(1), {s.in({1, 1, 0, 4})}, "no pixels");
    s.benchmark(pool(1), {s.in({50, 256, 8, 8})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::adaptive_avg_pool2d(const Tensor& x, Extent out) {
  ops::AdaptiveAvgPool2d op;
  op.out = out;
  return ops::apply(op, x);
}
ELBOW_OP(adaptive_avg_pool2d, AdaptiveAvgPool2d)

#include "autograd/kernels/average_windows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x [rows, channels, height, width], windows of the size `kernel`. With count_padding, as in PyTorch, every sum is
/// divided by the whole size of the window.
Tensor avg_pool2d(const Tensor& x, Extent kernel, Extent stride, Extent padding = 0, bool count_padding = true);
/// Windows side by side.
Tensor avg_pool2d(const Tensor& x, Extent kernel);
#endif

namespace elbow::ops {

struct AvgPool2d : AverageWindows<AvgPool2d> {
  static constexpr auto
      name = "avg_pool2d",
      doc = "the mean of each window of an image; pixels of the padding count as 0, or not at all";
  Window window;
  bool count_padding = true;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    return window.pooled(name, in[0].shape());
  }
  ELBOW_FN Span rows(int64_t u, int64_t height, int64_t /*out_height*/) const { return window.rows(u, height); }
  ELBOW_FN Span columns(int64_t v, int64_t width, int64_t /*out_width*/) const {
    return window.columns(v, width);
  }
  ELBOW_FN Span over_row(int64_t r, int64_t /*height*/, int64_t out_height) const {
    return window.over_row(r, out_height);
  }
  ELBOW_FN Span over_column(int64_t s, int64_t /*width*/, int64_t out_width) const {
    return window.over_column(s, out_width);
  }
  ELBOW_FN int64_t divisor(Span rows, Span columns) const {
    return count_padding ? window.size.height * window.size.width : rows.size() * columns.size();
  }
  // The same sums as in AverageWindows, in the same order, for all windows of a row at once.
  template <class T> void map(const Shape& in, const T* x, const Shape& out, T* y) const {
    Tensor shares = Tensor::empty({out[2], out[3]}, dtype_of<T>);
    T* const share = shares.template data<T>();  // 1 / divisor
    for (int64_t u = 0; u < out[2]; ++u)
      for (int64_t v = 0; v < out[3]; ++v)
        share[u * out[3] + v] = T(1.0 / double(divisor(window.rows(u, in[2]), window.columns(v, in[3]))));
    const int64_t step = window.stride.width;
    parallel_for(in[0] * in[1], in.numel(), [&](int64_t plane) {
      const T* const from = x + plane * in[2] * in[3];
      for (int64_t u = 0; u < out[2]; ++u) {
        T* const to = y + (plane * out[2] + u) * out[3];
        std::fill_n(to, out[3], T(0));
        window.for_each_pixel(in, u, 0, out[3], [&](int64_t at, int64_t first, int64_t last) {
          for (int64_t v = first; v < last; ++v) to[v] += from[at + v * step];
        });
        for (int64_t v = 0; v < out[3]; ++v) to[v] *= share[u * out[3] + v];
      }
    });
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape(), out = shape(in);
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t v = 0; v < out[3]; ++v) {
          double sum = 0, seen = 0;
          for (int64_t i = 0; i < window.size.height; ++i)
            for (int64_t j = 0; j < window.size.width; ++j) {
              const int64_t r = u * window.stride.height + i - window.padding.height,
                            s = v * window.stride.width + j - window.padding.width;
              const bool inside = r >= 0 && r < x[2] && s >= 0 && s < x[3];
              if (inside) sum += in[0].data<double>()[(plane * x[2] + r) * x[3] + s];
              if (inside || count_padding) ++seen;
            }
          *y++ = sum / seen;
        }
  }
  static void samples(Samples<AvgPool2d>& s) {
    const auto pool = [](Window w, bool count = true) {
      AvgPool2d op;
      op.window = w;
      op.count_padding = count;
      return op;
    };
    s.add(pool({2, 2}), {s.in({2, 3, 6, 5})}, "2x2, stride 2");
    s.add(pool({{3, 2}, {2, 1}, {1, 0}}), {s.in({2, 2, 5, 4})}, "3x2, stride 2x1, padding 1x0");
    s.add(pool({3, 1, 1}, false), {s.in({2, 2, 4, 3})}, "3x3, padding 1, not counted");
    s.add(pool({2}), {s.in({0, 2, 3, 3})});
    s.refuse(pool({2, 2}), {s.in({4, 4})}, "expects images [rows, channels, height, width]");
    s.refuse(pool({5, 1}), {s.in({1, 1, 4, 6})}, "kernel 5x5 is larger than");
    s.refuse(pool({3, 1, 2}), {s.in({1, 1, 4, 4})}, "more than half of the kernel 3x3");
    s.benchmark(pool({2, 2}), {s.in({50, 32, 28, 28})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::avg_pool2d(const Tensor& x, Extent kernel, Extent stride, Extent padding,
                                bool count_padding) {
  ops::AvgPool2d op;
  op.window = {kernel, stride, padding};
  op.count_padding = count_padding;
  return ops::apply(op, x);
}
elbow::Tensor elbow::avg_pool2d(const Tensor& x, Extent kernel) { return avg_pool2d(x, kernel, kernel); }
ELBOW_OP(avg_pool2d, AvgPool2d)

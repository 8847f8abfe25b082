#pragma once
#include "autograd/op.hpp"
#include "autograd/parallel.hpp"
#include "autograd/window.hpp"

namespace elbow::ops {

struct MaxPool2d : Op {
  static constexpr auto
      name = "max_pool2d",
      doc = "the largest element of each window of an image, of equal ones the first; NaN stays NaN";
  Window window;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    require_images(name, x);
    const Extent out = window.count(name, x);
    // So every window sees a pixel.
    if (2 * window.padding.height > window.size.height || 2 * window.padding.width > window.size.width)
      fail(name, "the padding ", window.padding, " is more than half of the kernel ", window.size);
    return {x[0], x[1], out.height, out.width};
  }
  /// Where in x[height, width] the largest element of window (u, v) lies.
  template <class T> int64_t winner(const T* x, int64_t height, int64_t width, int64_t u, int64_t v) const {
    const Span rows = window.rows(u, height), columns = window.columns(v, width);
    int64_t best = rows.begin * width + columns.begin;
    for (int64_t r = rows.begin; r < rows.end; ++r)
      for (int64_t s = columns.begin; s < columns.end; ++s)
        if (x[r * width + s] > x[best] || x[r * width + s] != x[r * width + s]) best = r * width + s;
    return best;
  }
  template <class T> void forward(ForwardContext& c) const {
    const Shape &in = c.in[0].shape(), &out = c.y.shape();
    const T* x = c.in[0].template data<T>();  // [rows, channels, height, width]
    T* y = c.y.template data<T>();            // [rows, channels, out_height, out_width]
    parallel_for(in[0] * in[1], c.in[0].numel(), [&](int64_t plane) {
      const T* from = x + plane * in[2] * in[3];
      T* to = y + plane * out[2] * out[3];
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t v = 0; v < out[3]; ++v) *to++ = from[winner(from, in[2], in[3], u, v)];
    });
    c.save(c.in[0]);
  }
  // The gradient of a window goes to its largest element, which is searched for again.
  template <class T> void backward(BackwardContext& c) const {
    const Shape &in = c.saved(0).shape(), &out = c.dy().shape();
    const T* x = c.saved(0).template data<T>();  // [rows, channels, height, width]
    const T* dy = c.dy().template data<T>();     // [rows, channels, out_height, out_width]
    auto [gradient, add] = c.template into<T>(0);
    parallel_for(in[0] * in[1], c.saved(0).numel(), [&, dx = gradient, add = add](int64_t plane) {
      const T *values = x + plane * in[2] * in[3], *from = dy + plane * out[2] * out[3];
      T* to = dx + plane * in[2] * in[3];
      if (!add) std::fill_n(to, in[2] * in[3], T(0));
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t v = 0; v < out[3]; ++v) to[winner(values, in[2], in[3], u, v)] += *from++;
    });
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape(), out = shape(in);
    for (int64_t plane = 0; plane < x[0] * x[1]; ++plane)
      for (int64_t u = 0; u < out[2]; ++u)
        for (int64_t v = 0; v < out[3]; ++v) {
          *y = -INFINITY;
          for (int64_t r = 0; r < x[2]; ++r)
            for (int64_t s = 0; s < x[3]; ++s) {
              const int64_t i = r - u * window.stride.height + window.padding.height,
                            j = s - v * window.stride.width + window.padding.width;
              if (i >= 0 && i < window.size.height && j >= 0 && j < window.size.width)
                *y = std::max(*y, in[0].data<double>()[(plane * x[2] + r) * x[3] + s]);
            }
          ++y;
        }
  }
  static void samples(auto& s) {
    s.add(MaxPool2d{{}, {2, 2}}, {s.in({2, 3, 6, 5})}, "2x2, stride 2");
    s.add(MaxPool2d{{}, {{3, 2}, {2, 1}, {1, 0}}}, {s.in({2, 2, 5, 4})}, "3x2, stride 2x1, padding 1x0");
    s.add(MaxPool2d{{}, {{4, 3}}}, {s.in({2, 2, 4, 3})}, "kernel = image").add({s.in({0, 2, 3, 3})});
    s.refuse(MaxPool2d{{}, {2, 2}}, {s.in({4, 4})}, "wants images [rows, channels, height, width]");
    s.refuse(MaxPool2d{{}, {5, 1}}, {s.in({1, 1, 4, 6})}, "kernel 5x5 is larger than");
    s.refuse(MaxPool2d{{}, {2, 0}}, {s.in({1, 1, 4, 4})}, "at least 1");
    s.refuse(MaxPool2d{{}, {3, 1, 2}}, {s.in({1, 1, 4, 4})}, "more than half of the kernel 3x3");
    s.benchmark(MaxPool2d{{}, {2, 2}}, {s.in({50, 32, 28, 28})});
  }
};

}  // namespace elbow::ops

namespace elbow {
/// x [rows, channels, height, width], windows of the size `kernel`; the padding counts as -infinity.
inline Tensor max_pool2d(const Tensor& x, Extent kernel, Extent stride, Extent padding = 0) {
  return ops::apply(ops::MaxPool2d{{}, {kernel, stride, padding}}, x);
}
/// Windows side by side.
inline Tensor max_pool2d(const Tensor& x, Extent kernel) { return max_pool2d(x, kernel, kernel); }
}  // namespace elbow

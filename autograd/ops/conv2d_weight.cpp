#include "autograd/kernels/convolution_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The gradient of a convolution's weight as an op: images [rows, in, height, width] and the gradient of the maps
/// [rows, out, out_height, out_width] give [out, in, kernel height, kernel width], the sum over rows and pixels of the
/// map times its patch of the image. Throws when the maps are not those that conv2d makes of the images.
Tensor conv2d_weight(const Tensor& images, const Tensor& maps, Extent kernel, Extent stride = 1,
                     Extent padding = 0);
#endif

namespace elbow::ops {

struct Conv2dWeight : Op {
  static constexpr auto
      name = "conv2d_weight",
      doc = "the gradient of conv2d's weight: the sum of each map times its patches of the images";
  Window window;

  Convolution sizes(const Shape& x, const Shape& g) const {
    require_images(name, x);
    require_images(name, g);
    const Extent out = window.count(name, x);
    if (g[0] != x[0] || g[2] != out.height || g[3] != out.width)
      fail(name, "images ", x, " and maps ", g, ": expects maps [", x[0], ", out, ", out.height, ", ",
           out.width, "]");
    return {x[0], x[1], x[2], x[3], g[1], out.height, out.width, window};
  }
  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Convolution s = sizes(in[0].shape(), in[1].shape());
    return {s.features, s.channels, window.size.height, window.size.width};
  }
  template <class T> void forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &g = c.in[1];
    convolve_weight<T>(sizes(x.shape(), g.shape()), x.data<T>(), g.data<T>(), c.y.template data<T>(), false);
    c.save(x);
    c.save(g);
  }
  // Bilinear in images and maps: each gradient is another of the three products.
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &g = c.saved(1);
    const Convolution s = sizes(x.shape(), g.shape());
    const T* dw = c.dy().template data<T>();  // [out, in, kernel height, kernel width]
    if (c.needs(0)) {
      auto [dx, add] = c.template into<T>(0);
      convolve_transposed<T>(s, g.data<T>(), dw, {}, dx, add);
    }
    if (c.needs(1)) {
      auto [dg, add] = c.template into<T>(1);
      convolve<T>(s, x.data<T>(), dw, {}, dg, add);
    }
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &g = c.in[1];
    cuda::convolve_weight<T>(sizes(x.shape(), g.shape()), x, g, c.y);
    c.save(x);
    c.save(g);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &g = c.saved(1), &dw = c.dy();
    const Convolution s = sizes(x.shape(), g.shape());
    if (c.needs(0)) cuda::convolve_transposed<T>(s, g, dw, Tensor(), c.target(0));
    if (c.needs(1)) cuda::convolve<T>(s, x, dw, Tensor(), c.target(1));
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor x = c.saved(0), g = c.saved(1), dw = c.dy();
    if (c.needs(0)) c.give(0, images_of(sizes(x.shape(), g.shape()), g, dw));
    if (c.needs(1)) c.give(1, conv2d(x, dw, window.stride, window.padding));
  }
  void reference(Inputs in, double* y) const {
    const Convolution c = sizes(in[0].shape(), in[1].shape());
    const double *x = in[0].data<double>(), *g = in[1].data<double>();
    for (int64_t o = 0; o < c.features; ++o)
      for (int64_t i = 0; i < c.channels; ++i)
        for (int64_t p = 0; p < window.size.height; ++p)
          for (int64_t q = 0; q < window.size.width; ++q, ++y) {
            *y = 0;
            for (int64_t n = 0; n < c.rows; ++n)
              for (int64_t u = 0; u < c.out_height; ++u)
                for (int64_t v = 0; v < c.out_width; ++v) {
                  const int64_t r = u * window.stride.height + p - window.padding.height,
                                s = v * window.stride.width + q - window.padding.width;
                  if (r < 0 || r >= c.height || s < 0 || s >= c.width) continue;
                  *y += x[((n * c.channels + i) * c.height + r) * c.width + s] *
                        g[((n * c.features + o) * c.out_height + u) * c.out_width + v];
                }
          }
  }
  static void samples(Samples<Conv2dWeight>& s) {
    s.add(Conv2dWeight{{}, {{3, 2}}}, {s.in({2, 3, 5, 4}), s.in({2, 4, 3, 3})}, "3x2");
    s.add(Conv2dWeight{{}, {{3, 4}, {2, 3}, {1, 2}}}, {s.in({2, 1, 5, 6}), s.in({2, 2, 3, 3})},
          "3x4, stride 2x3, padding 1x2");
    s.add(Conv2dWeight{{}, {1}}, {s.in({0, 2, 3, 3}), s.in({0, 1, 3, 3})}, "no rows");
    s.refuse(Conv2dWeight{{}, {2}}, {s.in({1, 1, 3, 3}), s.in({1, 1, 3, 3})}, "expects maps [1, out, 2, 2]");
    s.benchmark(Conv2dWeight{{}, {4, 2}}, {s.in({50, 64, 13, 13}), s.in({50, 128, 5, 5})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::conv2d_weight(const Tensor& images, const Tensor& maps, Extent kernel, Extent stride,
                                   Extent padding) {
  return ops::apply(ops::Conv2dWeight{{}, {kernel, stride, padding}}, images, maps);
}
ELBOW_OP(conv2d_weight, Conv2dWeight)

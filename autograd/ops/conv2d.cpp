#include "autograd/kernels/convolution_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x [rows, in, height, width], weight [out, in, kernel height, kernel width] (the layout of PyTorch), bias [out], or
/// [rows, out] for one of its own for each row: [rows, out, (height + 2 padding - kernel) / stride + 1, ...], rounded
/// down. Throws when the sizes do not fit, or not one kernel does.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Extent stride = 1, Extent padding = 0);
/// The same without a bias.
Tensor conv2d(const Tensor& x, const Tensor& weight, Extent stride = 1, Extent padding = 0);
#endif

namespace elbow::ops {

struct Conv2d : ConvolutionOp<Conv2d, false> {
  static constexpr auto
      name = "conv2d",
      doc =
          "the convolution of images [rows, in, height, width] with a weight [out, in, kernel "
          "height, kernel width], with stride and zero padding; the bias may differ between rows";
  Extent stride = 1, padding = 0;

  Convolution sizes(const Shape& x, const Shape& w) const {
    require_images(name, x);
    if (w.rank() != 4 || w[1] != x[1])
      fail(name, "input ", x, " and weight ", w, ": expects a weight [out, ", x[1],
           ", kernel height, kernel width]");
    const Window window{{w[2], w[3]}, stride, padding};
    const Extent out = window.count(name, x);
    return {x[0], x[1], x[2], x[3], w[0], out.height, out.width, window};
  }
  void reference(Inputs in, double* y) const {
    const Convolution c = sizes(in[0].shape(), in[1].shape());
    const double *x = in[0].data<double>(), *w = in[1].data<double>();
    const auto b = pixel_bias<double>(in);
    for (int64_t n = 0; n < c.rows; ++n)
      for (int64_t o = 0; o < c.features; ++o)
        for (int64_t u = 0; u < c.out_height; ++u)
          for (int64_t v = 0; v < c.out_width; ++v) {
            double sum = b.data ? b.data[b.per_row ? n * c.features + o : o] : 0;
            for (int64_t i = 0; i < c.channels; ++i)
              for (int64_t p = 0; p < c.window.size.height; ++p)
                for (int64_t q = 0; q < c.window.size.width; ++q) {
                  const int64_t r = u * stride.height + p - padding.height,
                                s = v * stride.width + q - padding.width;
                  if (r < 0 || r >= c.height || s < 0 || s >= c.width) continue;
                  sum += x[((n * c.channels + i) * c.height + r) * c.width + s] *
                         w[((o * c.channels + i) * c.window.size.height + p) * c.window.size.width + q];
                }
            *y++ = sum;
          }
  }
  static void samples(Samples<Conv2d>& s) {
    s.add(Conv2d{}, {s.in({2, 3, 5, 6}), s.in({4, 3, 3, 2}), s.in({4})});
    s.add(Conv2d{{}, {2, 3}, {1, 2}}, {s.in({3, 2, 6, 7}), s.in({3, 2, 3, 4}), s.in({3})},
          "stride 2x3, padding 1x2");
    s.add(Conv2d{{}, 1, {0, 3}}, {s.in({2, 1, 4, 3}), s.in({2, 1, 1, 7})},
          "padding wider than the image, no bias");
    s.add(Conv2d{{}, 2, 2}, {s.in({19, 1, 5, 4}), s.in({1, 1, 2, 2}), s.in({19, 1})}, "bias of each row");
    s.add(Conv2d{}, {s.in({3, 4, 5, 2}), s.in({6, 4, 1, 1}), s.in({6})}, "1x1");
    s.add(Conv2d{{}, 3}, {s.in({2, 4, 5, 5}), s.in({6, 4, 1, 1}), s.in({6})}, "1x1, stride 3");
    s.add(Conv2d{}, {s.in({5, 3, 4, 3}), s.in({7, 3, 4, 3}), s.in({7})}, "kernel = image");
    s.add(Conv2d{}, {s.in({150, 1, 2, 3}), s.in({2, 1, 2, 2}), s.in({2})}, "several blocks of rows");
    s.add(Conv2d{}, {s.in({0, 2, 3, 3}), s.in({2, 2, 2, 2}), s.in({2})}, "no rows");
    s.refuse(Conv2d{}, {s.in({3, 4}), s.in({2, 4, 1, 1}), s.in({2})},
             "expects images [rows, channels, height, width]");
    s.refuse(Conv2d{}, {s.in({1, 3, 4, 4}), s.in({2, 4, 3, 3}), s.in({2})}, "expects a weight [out, 3, ");
    s.refuse(Conv2d{{}, 1, 1}, {s.in({1, 1, 2, 9}), s.in({1, 1, 5, 5}), s.in({1})},
             "kernel 5x5 is larger than");
    s.refuse(Conv2d{{}, 0}, {s.in({1, 1, 3, 3}), s.in({1, 1, 3, 3}), s.in({1})}, "at least 1");
    s.refuse(Conv2d{{}, 1, -1}, {s.in({1, 1, 5, 5}), s.in({1, 1, 3, 3}), s.in({1})}, "negative");
    s.refuse(Conv2d{}, {s.in({2, 1, 3, 3}), s.in({4, 1, 3, 3}), s.in({3})}, "bias of shape [4] or [2,4]");
    // The encoder of the convolutional CVAE.
    s.benchmark(Conv2d{{}, 2}, {s.in({50, 3, 28, 28}), s.in({64, 3, 4, 4}), s.in({50, 64})});
    s.benchmark(Conv2d{{}, 2}, {s.in({50, 64, 13, 13}), s.in({128, 64, 4, 4}), s.in({50, 128})});
    s.benchmark(Conv2d{{}, 2}, {s.in({50, 128, 5, 5}), s.in({1024, 128, 4, 4}), s.in({50, 1024})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Extent stride,
                            Extent padding) {
  return ops::apply(ops::Conv2d{{}, stride, padding}, x, weight, bias);
}
elbow::Tensor elbow::conv2d(const Tensor& x, const Tensor& weight, Extent stride, Extent padding) {
  return ops::apply(ops::Conv2d{{}, stride, padding}, x, weight);
}
ELBOW_OP(conv2d, Conv2d)

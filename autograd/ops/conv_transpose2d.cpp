#include "autograd/kernels/convolution_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x [rows, in, height, width], weight [in, out, kernel height, kernel width] (the layout of PyTorch), bias [out], or
/// [rows, out] for one of its own for each row: [rows, out, (height - 1) stride - 2 padding + kernel + output padding,
/// ...].
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Extent stride = 1,
                        Extent padding = 0, Extent output_padding = 0);
/// The same without a bias.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, Extent stride = 1, Extent padding = 0,
                        Extent output_padding = 0);
#endif

namespace elbow::ops {

/// With the same weight, stride and padding, this is the adjoint (the data gradient) of conv2d: its input has the shape
/// of conv2d's output. Where several sizes of image give that shape, output_padding chooses among them.
struct ConvTranspose2d : ConvolutionOp<ConvTranspose2d, true> {
  static constexpr auto
      name = "conv_transpose2d",
      doc =
          "the transposed convolution of maps [rows, in, height, width] with a weight [in, out, "
          "kernel height, kernel width]; the bias may differ between rows";
  Extent stride = 1, padding = 0, output_padding = 0;

  Convolution sizes(const Shape& x, const Shape& w) const {
    require_images(name, x);
    if (w.rank() != 4 || w[0] != x[1])
      fail(name, "input ", x, " and weight ", w, ": expects a weight [", x[1],
           ", out, kernel height, kernel width]");
    if (output_padding.height < 0 || output_padding.height >= stride.height || output_padding.width < 0 ||
        output_padding.width >= stride.width)
      fail(name, "the output padding ", output_padding, " must be less than the stride ", stride);
    const auto length = [](int64_t n, int64_t kernel, int64_t step, int64_t pad, int64_t more) {
      return std::max<int64_t>(0, (n - 1) * step - 2 * pad + kernel + more);
    };
    const Shape y{x[0], w[1], length(x[2], w[2], stride.height, padding.height, output_padding.height),
                  length(x[3], w[3], stride.width, padding.width, output_padding.width)};
    const Window window{{w[2], w[3]}, stride, padding};
    if (x[2] < 1 || x[3] < 1 || y[2] < 1 || y[3] < 1)
      fail(name, "input ", x, " with a kernel of ", window.size, " and a padding of ", padding,
           " leaves no output");
    window.count(name, y);  // checks the settings
    return {x[0], y[1], y[2], y[3], x[1], x[2], x[3], window};
  }
  void reference(Inputs in, double* y) const {
    const Convolution c = sizes(in[0].shape(), in[1].shape());
    const double *x = in[0].data<double>(), *w = in[1].data<double>();
    const auto b = pixel_bias<double>(in);
    for (int64_t n = 0; n < c.rows; ++n)
      for (int64_t o = 0; o < c.channels; ++o)
        for (int64_t i = 0; i < c.height * c.width; ++i)
          y[(n * c.channels + o) * c.height * c.width + i] =
              b.data ? b.data[b.per_row ? n * c.channels + o : o] : 0;
    for (int64_t n = 0; n < c.rows; ++n)
      for (int64_t i = 0; i < c.features; ++i)
        for (int64_t u = 0; u < c.out_height; ++u)
          for (int64_t v = 0; v < c.out_width; ++v, ++x)
            for (int64_t o = 0; o < c.channels; ++o)
              for (int64_t p = 0; p < c.window.size.height; ++p)
                for (int64_t q = 0; q < c.window.size.width; ++q) {
                  const int64_t r = u * stride.height + p - padding.height,
                                s = v * stride.width + q - padding.width;
                  if (r < 0 || r >= c.height || s < 0 || s >= c.width) continue;
                  y[((n * c.channels + o) * c.height + r) * c.width + s] +=
                      *x * w[((i * c.channels + o) * c.window.size.height + p) * c.window.size.width + q];
                }
  }
  static void samples(Samples<ConvTranspose2d>& s) {
    using Op = ConvTranspose2d;
    s.add(Op{}, {s.in({2, 4, 3, 5}), s.in({4, 3, 3, 2}), s.in({3})});
    s.add(Op{{}, {2, 3}, {1, 2}, {1, 2}}, {s.in({3, 3, 3, 2}), s.in({3, 2, 3, 4}), s.in({2})},
          "stride 2x3, padding 1x2, output padding 1x2");
    s.add(Op{{}, 3}, {s.in({2, 2, 2, 3}), s.in({2, 2, 2, 1})}, "gaps between the patches, no bias");
    s.add(Op{{}, 2, 2}, {s.in({19, 1, 5, 4}), s.in({1, 1, 3, 3}), s.in({19, 1})}, "bias of each row");
    s.add(Op{}, {s.in({3, 6, 5, 2}), s.in({6, 4, 1, 1}), s.in({4})}, "1x1");
    s.add(Op{{}, 2}, {s.in({5, 7, 1, 1}), s.in({7, 3, 4, 3}), s.in({3})}, "kernel = image");
    s.add(Op{}, {s.in({150, 2, 1, 2}), s.in({2, 1, 2, 2}), s.in({1})}, "several blocks of rows");
    s.add(Op{}, {s.in({0, 2, 3, 3}), s.in({2, 2, 2, 2}), s.in({2})}, "no rows");
    s.refuse(Op{}, {s.in({3, 4}), s.in({4, 2, 1, 1}), s.in({2})},
             "expects images [rows, channels, height, width]");
    s.refuse(Op{}, {s.in({1, 3, 4, 4}), s.in({4, 2, 3, 3}), s.in({2})}, "expects a weight [3, out, ");
    s.refuse(Op{{}, 1, 2}, {s.in({1, 1, 2, 2}), s.in({1, 1, 3, 3}), s.in({1})}, "leaves no output");
    s.refuse(Op{{}, 2, 0, 2}, {s.in({1, 1, 2, 2}), s.in({1, 1, 3, 3}), s.in({1})}, "less than the stride 2x2");
    s.refuse(Op{{}, 1, -1}, {s.in({1, 1, 5, 5}), s.in({1, 1, 3, 3}), s.in({1})}, "negative");
    s.refuse(Op{}, {s.in({2, 1, 3, 3}), s.in({1, 4, 3, 3}), s.in({3})}, "bias of shape [4] or [2,4]");
    // The decoder of the convolutional CVAE.
    s.benchmark(Op{{}, 2}, {s.in({50, 1024, 1, 1}), s.in({1024, 128, 5, 5}), s.in({50, 128})});
    s.benchmark(Op{{}, 2}, {s.in({50, 128, 5, 5}), s.in({128, 64, 5, 5}), s.in({50, 64})});
    s.benchmark(Op{{}, 2, 1}, {s.in({50, 64, 13, 13}), s.in({64, 3, 6, 6}), s.in({50, 3})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Extent stride,
                                      Extent padding, Extent output_padding) {
  return ops::apply(ops::ConvTranspose2d{{}, stride, padding, output_padding}, x, weight, bias);
}
elbow::Tensor elbow::conv_transpose2d(const Tensor& x, const Tensor& weight, Extent stride, Extent padding,
                                      Extent output_padding) {
  return ops::apply(ops::ConvTranspose2d{{}, stride, padding, output_padding}, x, weight);
}
ELBOW_OP(conv_transpose2d, ConvTranspose2d)

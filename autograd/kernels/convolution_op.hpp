#pragma once
#include "autograd/backend/cuda/convolution.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/kernels/convolution.hpp"
#include "autograd/op.hpp"

namespace elbow::ops {

/// The bias of a convolution as its kernels take it: none where there are only two inputs.
template <class T> PixelBias<T> pixel_bias(Inputs in) {
  return in.size() == 3 ? PixelBias<T>{in[2].data<T>(), in[2].rank() == 2} : PixelBias<T>{};
}

/// The transposed convolution of maps, to images of the height and width of `s`.
inline Tensor images_of(const Convolution& s, const Tensor& maps, const Tensor& weight) {
  const Window& w = s.window;
  const auto missing = [](int64_t length, int64_t maps, int64_t stride, int64_t padding, int64_t kernel) {
    return length - ((maps - 1) * stride - 2 * padding + kernel);
  };
  return conv_transpose2d(maps, weight, w.stride, w.padding,
                          {missing(s.height, s.out_height, w.stride.height, w.padding.height, w.size.height),
                           missing(s.width, s.out_width, w.stride.width, w.padding.width, w.size.width)});
}

/// Base of conv2d and conv_transpose2d, which are one linear map and its adjoint: the forward of each is the backward of
/// the other. Inputs: x, weight and, where there is one, bias. A member to write:
///
///   Convolution sizes(const Shape& x, const Shape& w) const      checks x and weight; x are the images or, if
///                                                                `transposed`, the maps
template <class Self, bool transposed> struct ConvolutionOp : Op {
  Shape shape(Inputs in) const {
    if (in.size() != 2) require_inputs(Self::name, in, 3);
    const Convolution c = self().sizes(in[0].shape(), in[1].shape());
    const Shape y = transposed ? Shape{c.rows, c.channels, c.height, c.width}
                               : Shape{c.rows, c.features, c.out_height, c.out_width};
    if (in.size() == 3) {
      const Shape& bias = in[2].shape();
      if (!(bias == Shape{y[1]} || bias == Shape{y[0], y[1]}))
        fail(Self::name, "output ", y, " expects a bias of shape [", y[1], "] or [", y[0], ",", y[1], "], not ",
             bias);
    }
    return y;
  }
  template <class T> void forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &w = c.in[1];
    product<transposed, T>(self().sizes(x.shape(), w.shape()), x.data<T>(), w.data<T>(), pixel_bias<T>(c.in),
                           c.y.template data<T>(), false);
    c.save(x);
    c.save(w);
  }
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &w = c.saved(1);
    const Convolution s = self().sizes(x.shape(), w.shape());
    const T* dy = c.dy().template data<T>();  // of the shape of the output
    if (c.needs(0)) {
      auto [dx, add] = c.template into<T>(0);
      product<!transposed, T>(s, dy, w.data<T>(), {}, dx, add);
    }
    if (c.needs(1)) {
      auto [dw, add] = c.template into<T>(1);
      const T *images = transposed ? dy : x.data<T>(), *maps = transposed ? x.data<T>() : dy;
      convolve_weight<T>(s, images, maps, dw, add);
    }
    if (c.inputs() == 3 && c.needs(2)) bias_gradient<T>(c);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Tensor &x = c.in[0], &w = c.in[1];
    device_product<transposed, T>(self().sizes(x.shape(), w.shape()), x, w,
                                  c.in.size() == 3 ? c.in[2] : Tensor(), c.y);
    c.save(x);
    c.save(w);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Tensor &x = c.saved(0), &w = c.saved(1), &dy = c.dy();
    const Convolution s = self().sizes(x.shape(), w.shape());
    if (c.needs(0)) device_product<!transposed, T>(s, dy, w, Tensor(), c.target(0));
    if (c.needs(1)) cuda::convolve_weight<T>(s, transposed ? dy : x, transposed ? x : dy, c.target(1));
    if (c.inputs() == 3 && c.needs(2))
      cuda::sum_to_shape<T>(dy, pixel_rows(dy.shape()), c.target(2), rows_of_bias(c.shape_of_input(2)));
  }
  // The three products of convolution.hpp as ops: each is the gradient of another.
  void backward_in_ops(BackwardContext& c) const {
    const Tensor x = c.saved(0), w = c.saved(1), dy = c.dy();
    const Convolution s = self().sizes(x.shape(), w.shape());
    if (c.needs(0))
      c.give(0, transposed ? conv2d(dy, w, s.window.stride, s.window.padding) : images_of(s, dy, w));
    if (c.needs(1)) {
      const Tensor &images = transposed ? dy : x, &maps = transposed ? x : dy;
      c.give(1, conv2d_weight(images, maps, s.window.size, s.window.stride, s.window.padding));
    }
    if (c.inputs() == 3 && c.needs(2))
      c.give(2, c.shape_of_input(2).rank() == 2 ? sum(dy, {2, 3}) : sum(dy, {0, 2, 3}));
  }

  /// The bias of each row is added behind the operator, which knows one for all rows.
  void onnx(OnnxNode& node) const {
    const Self& s = self();
    const bool biased = node.inputs() == 3, by_row = biased && node.input(2).rank() == 2;
    std::vector<std::string> in{node.in(0), node.in(1)};
    if (biased && !by_row) in.push_back(node.in(2));
    using Numbers = std::vector<int64_t>;
    const Extent pad = s.padding;
    std::vector<OnnxAttribute> attributes{{"strides", Numbers{s.stride.height, s.stride.width}},
                                          {"pads", Numbers{pad.height, pad.width, pad.height, pad.width}}};
    if constexpr (transposed)
      attributes.push_back(
          OnnxAttribute{"output_padding", Numbers{s.output_padding.height, s.output_padding.width}});
    const std::string y = node.add(transposed ? "ConvTranspose" : "Conv", in, attributes);
    node.is(by_row ? node.add("Add", {y, node.add("Unsqueeze", {node.in(2), node.constant(Numbers{2, 3})})})
                   : y);
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }

  /// y (+)= the convolution of x, or the transposed one, plus the bias.
  template <bool adjoint, class T>
  static void product(const Convolution& s, const T* x, const T* w, PixelBias<T> bias, T* y, bool add) {
    if constexpr (adjoint)
      convolve_transposed<T>(s, x, w, bias, y, add);
    else
      convolve<T>(s, x, w, bias, y, add);
  }
  template <bool adjoint, class T>
  static void device_product(const Convolution& s, const Tensor& x, const Tensor& w, const Tensor& bias,
                             cuda::Target y) {
    if constexpr (adjoint)
      cuda::convolve_transposed<T>(s, x, w, bias, y);
    else
      cuda::convolve<T>(s, x, w, bias, y);
  }
  /// dy summed over what the bias was added to.
  template <class T> static void bias_gradient(BackwardContext& c) {
    auto [db, add] = c.template into<T>(2);
    sum_to_shape<T>(c.dy().template data<T>(), pixel_rows(c.dy().shape()), db,
                    rows_of_bias(c.shape_of_input(2)), add);
  }
  static Shape pixel_rows(const Shape& y) { return {y[0], y[1], y[2] * y[3]}; }
  static Shape rows_of_bias(Shape bias) {
    bias.push_back(1);  // [channels, 1] or [rows, channels, 1]
    return bias;
  }
};

}  // namespace elbow::ops

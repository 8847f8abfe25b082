#include "nn/convolution.hpp"

#include "autograd/ops.hpp"

namespace elbow {

ConvolutionLayer::ConvolutionLayer(int64_t first, int64_t second, int64_t in, int64_t out,
                                   const ConvSettings& settings, const Init& weight_init, const Init& bias_init,
                                   RandomStream& random, DType dtype)
    : in(in),
      out(out),
      settings(settings),
      weight(Tensor::empty({first, second, settings.kernel.height, settings.kernel.width}, dtype)) {
  const int64_t taps = settings.kernel.height * settings.kernel.width;
  const Fans fans{double(second * taps), double(first * taps)};
  initialise(weight, weight_init, random.next(), fans);
  parameter("weight", weight);
  if (!settings.bias) return;
  bias = Tensor::empty({out}, dtype);
  initialise(bias, bias_init, random.next(), fans);
  parameter("bias", bias);
}

std::string ConvolutionLayer::describe() const {
  return str(class_name(), "(", in, ", ", out, ", kernel ", settings.kernel, ", stride ", settings.stride,
             ", padding ", settings.padding, settings.bias ? ")" : ", no bias)");
}

Tensor Conv2d::forward_with(const Tensor& x, const Tensor& other_bias) {
  return other_bias ? conv2d(x, weight, other_bias, settings.stride, settings.padding)
                    : conv2d(x, weight, settings.stride, settings.padding);
}

Tensor ConvTranspose2d::forward_with(const Tensor& x, const Tensor& other_bias) {
  const ConvSettings& s = settings;
  return other_bias ? conv_transpose2d(x, weight, other_bias, s.stride, s.padding, s.output_padding)
                    : conv_transpose2d(x, weight, s.stride, s.padding, s.output_padding);
}

ConditionedConv::ConditionedConv(std::unique_ptr<ConvolutionLayer> conv, int64_t conditions,
                                 const Init& weight_init, const Init& bias_init, RandomStream& stream,
                                 DType dtype)
    : conv_(std::move(conv)) {
  submodule("conv", *conv_);
  if (conditions == 0) return;
  condition_ =
      std::make_unique<Conv2d>(conditions, conv_->out, ConvSettings{}, weight_init, bias_init, stream, dtype);
  submodule("condition", *condition_);
}

// The projection is the same at every pixel, so it is a bias of each row, and needs no separate pass over the pixels.
Tensor ConditionedConv::forward(const Tensor& x, const Tensor& c) {
  if (!condition_) return (*conv_)(x);
  const Tensor weight = reshape(condition_->weight, {condition_->out, condition_->weight.size(1)});
  const Tensor bias = conv_->bias ? add(condition_->bias, conv_->bias) : condition_->bias;  // [out]
  return conv_->forward_with(x, add(matmul(c, weight, Trans::no, Trans::yes), bias));
}

Tensor BatchNorm2d::normalise(const Tensor& x, bool relu) {
  return batch_norm2d(x, weight, bias, running_mean, running_var, training() && !statistics_frozen(), momentum,
                      epsilon, relu);
}

std::string Pool2d::describe() const {
  return str(class_name(), "(kernel ", kernel_, ", stride ", stride_, ", padding ", padding_, ")");
}

Tensor MaxPool2d::forward(const Tensor& x) { return max_pool2d(x, kernel_, stride_, padding_); }

Tensor AvgPool2d::forward(const Tensor& x) { return avg_pool2d(x, kernel_, stride_, padding_); }

Tensor AdaptiveAvgPool2d::forward(const Tensor& x) { return adaptive_avg_pool2d(x, out_); }

Tensor Flatten::forward(const Tensor& x) {
  if (x.rank() < 1) fail("flatten", "expects [rows, ...], not ", x.shape());
  int64_t rest = 1;
  for (int axis = 1; axis < x.rank(); ++axis) rest *= x.size(axis);
  return reshape(x, {x.size(0), rest});
}

}  // namespace elbow

#pragma once
#include <memory>

#include "autograd/window.hpp"
#include "nn/layers.hpp"

// Layers for images [rows, channels, height, width].
namespace elbow {

/// Sizes in pixels.
struct ConvSettings {
  Extent kernel = 1, stride = 1;
  Extent padding =
      0;  ///< zeros on each side of x; of a ConvTranspose2d, what is cut off each side of the result
  Extent output_padding = 0;  ///< of a ConvTranspose2d: rows and columns more at the lower and the right end
  bool bias = true;
};

/// Base of the convolutions. For the distributions that depend on the fans, weight and bias count as PyTorch counts them: fan in
/// is the second axis of the weight times the pixels of the kernel, fan out the first one times them; so `torch_default`
/// for both gives the distributions of torch.nn's layers.
class ConvolutionLayer : public Layer {
 public:
  /// x [rows, in, height, width]: [rows, out, ...]. Error for another shape, or if the kernel does not fit.
  Tensor forward(const Tensor& x) override { return forward_with(x, bias); }
  /// The same with another bias: [out], or [rows, out] for a separate one for each row, or undefined for none.
  virtual Tensor forward_with(const Tensor& x, const Tensor& other_bias) = 0;
  std::string describe() const override;
  const int64_t in, out;
  const ConvSettings settings;
  Tensor weight, bias;  ///< as in PyTorch, in memory as in files; the bias is undefined where there is none

 protected:
  /// `first`, `second`: the first axes of the weight, which are in and out in some order.
  ConvolutionLayer(int64_t first, int64_t second, int64_t in, int64_t out, const ConvSettings& settings,
                   const Init& weight_init, const Init& bias_init, RandomStream& random, DType dtype);
};

/// x [rows, in, height, width]: [rows, out, ...]; weight [out, in, kernel height, kernel width].
class Conv2d : public ConvolutionLayer {
 public:
  /// Weight and bias as torch.nn.Conv2d has them at first. `random` gives the keys of the draws, weight first.
  Conv2d(int64_t in, int64_t out, const ConvSettings& settings, RandomStream& random,
         DType dtype = DType::float32)
      : Conv2d(in, out, settings, torch_default, torch_default, random, dtype) {}
  /// The same with distributions of one's own.
  Conv2d(int64_t in, int64_t out, const ConvSettings& settings, const Init& weight_init, const Init& bias_init,
         RandomStream& random, DType dtype = DType::float32)
      : ConvolutionLayer(out, in, in, out, settings, weight_init, bias_init, random, dtype) {}
  Tensor forward_with(const Tensor& x, const Tensor& other_bias) override;
};

/// x [rows, in, height, width]: [rows, out, ...]; weight [in, out, kernel height, kernel width].
class ConvTranspose2d : public ConvolutionLayer {
 public:
  /// Weight and bias as torch.nn.ConvTranspose2d has them at first: see Conv2d.
  ConvTranspose2d(int64_t in, int64_t out, const ConvSettings& settings, RandomStream& random,
                  DType dtype = DType::float32)
      : ConvTranspose2d(in, out, settings, torch_default, torch_default, random, dtype) {}
  /// The same with distributions of one's own.
  ConvTranspose2d(int64_t in, int64_t out, const ConvSettings& settings, const Init& weight_init,
                  const Init& bias_init, RandomStream& random, DType dtype = DType::float32)
      : ConvolutionLayer(in, out, in, out, settings, weight_init, bias_init, random, dtype) {}
  Tensor forward_with(const Tensor& x, const Tensor& other_bias) override;
};

/// A convolution of x plus a 1x1 convolution of the condition, whose result is added at every pixel. Its submodules are named
/// "conv" and "condition"; without a condition (of width 0, an undefined tensor) it is the convolution alone.
class ConditionedConv : public Module {
 public:
  /// `conditions`: the width of the condition. The distributions are those of its projection.
  ConditionedConv(std::unique_ptr<ConvolutionLayer> conv, int64_t conditions, const Init& weight_init,
                  const Init& bias_init, RandomStream& stream, DType dtype = DType::float32);
  /// x [rows, in, height, width], c [rows, conditions]: [rows, out, ...]. Error for other shapes.
  Tensor forward(const Tensor& x, const Tensor& c);

 private:
  std::unique_ptr<ConvolutionLayer> conv_;
  std::unique_ptr<Conv2d> condition_;  // null where there is no condition
};

/// Each channel normalised over the pixels of all rows: see BatchNorm1d.
class BatchNorm2d : public BatchNorm1d {
 public:
  using BatchNorm1d::BatchNorm1d;

 private:
  /// x [rows, channels, height, width], y the same. Error for another shape or dtype.
  Tensor normalise(const Tensor& x, bool relu) override;
};

/// Base of the poolings over windows of the size `kernel`, side by side unless a stride is given: x [rows, channels, height,
/// width] -> [rows, channels, windows along the height, along the width]. Error if no window fits.
class Pool2d : public Layer {
 public:
  explicit Pool2d(Extent kernel) : Pool2d(kernel, kernel) {}
  Pool2d(Extent kernel, Extent stride, Extent padding = 0)
      : kernel_(kernel), stride_(stride), padding_(padding) {}
  std::string describe() const override;

 protected:
  const Extent kernel_, stride_, padding_;
};

/// The largest pixel of each window.
class MaxPool2d : public Pool2d {
 public:
  using Pool2d::Pool2d;
  Tensor forward(const Tensor& x) override;
};

/// The mean of each window; pixels of the padding count as 0.
class AvgPool2d : public Pool2d {
 public:
  using Pool2d::Pool2d;
  Tensor forward(const Tensor& x) override;
};

/// Means over windows as even as possible, so that the output is of the given size: x [rows, channels, height, width] ->
/// [rows, channels, out height, out width].
class AdaptiveAvgPool2d : public Layer {
 public:
  explicit AdaptiveAvgPool2d(Extent out) : out_(out) {}
  Tensor forward(const Tensor& x) override;
  std::string describe() const override { return str(class_name(), "(", out_, ")"); }

 private:
  Extent out_;
};

/// x [rows, ...] as [rows, all the rest]. Error for a scalar.
class Flatten : public Layer {
 public:
  Tensor forward(const Tensor& x) override;
};

}  // namespace elbow

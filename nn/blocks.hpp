#pragma once
#include <optional>
#include <vector>

#include "nn/layers.hpp"

namespace elbow {

/// How the first weights and biases of a Linear are drawn.
struct LinearInit {
  Init weights{Init::Distribution::xavier_normal, 1}, biases{Init::Distribution::normal, 1};
};

/// What the hidden layers of a net have in common.
struct LayerStyle {
  std::string activation = "relu";  ///< a name that ActivationLayer knows
  bool batch_norm = true;           ///< between the Linear and the activation
  double dropout = 0;               ///< the probability that an output is dropped; 0: no such layer
  LinearInit init;
  DType dtype = DType::float32;
};

/// What the residual layers of a net have in common.
struct ResidualStyle : LayerStyle {
  int64_t bottleneck = 32;
  /// Whether a layer starts as its bypass alone, the last weights of its main branch being 0: those of the batch norm
  /// (Goyal et al. 2017, "Accurate, large minibatch SGD"), or of the last Linear where there is no batch norm.
  bool zero_init_residual = true;
};

/// Where layers take their random numbers from; the second is kept by reference and must outlive them.
struct LayerStreams {
  RandomStream &initialisation, &dropout;
};

/// Appends to `net` a hidden layer: Linear, BatchNorm1d, activation, dropout, as far as the style asks for them. The
/// weights of the batch norm start around 1, N(1, 0.02). Error for an unknown activation.
void add_hidden(Sequential& net, int64_t in, int64_t out, const LayerStyle& style, LayerStreams streams);
/// The same for a hidden layer of each of the widths; returns the width of the last one, `in` where there are none.
int64_t add_hidden_layers(Sequential& net, int64_t in, const std::vector<int64_t>& widths,
                          const LayerStyle& style, LayerStreams streams);

/// A residual layer with a bottleneck (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition"), fully
/// connected: x [rows, in] -> [rows, out],
///
///     y = activation(main(x) + bypass(x)),   main: hidden layer in -> bottleneck, Linear -> out, BatchNorm1d
///
/// where bypass is x itself, or another Linear where in and out differ.
class ResidualBlock : public Layer {
 public:
  /// Without `activate`, y = main(x) + bypass(x), of either sign: for the end of a net.
  /// Error for an unknown activation.
  ResidualBlock(int64_t in, int64_t out, bool activate, const ResidualStyle& style, LayerStreams streams);
  /// Error if x is not [rows, in].
  Tensor forward(const Tensor& x) override;

 private:
  Sequential main_;
  std::unique_ptr<Linear> bypass_;               // null where in = out
  std::unique_ptr<ActivationLayer> activation_;  // null at the end of a net
};

/// A block of densely connected layers (Huang, Liu, van der Maaten & Weinberger 2017, "Densely connected convolutional
/// networks"), fully connected: each layer sees the outputs of all earlier layers of the block and the block's input, side
/// by side, the latest first: x [rows, in] -> the last layer's output [rows, widths.back()]. The layers are hidden layers,
/// named "0", "1", ....
class DenseBlock : public Layer {
 public:
  /// Error if there are no widths. With `output`, the last layer is a Linear alone, so initialised: for the end of a
  /// net, whose output must be able to take any value.
  DenseBlock(int64_t in, const std::vector<int64_t>& widths, const LayerStyle& style, LayerStreams streams,
             const std::optional<LinearInit>& output = {});
  /// Error if x is not [rows, in].
  Tensor forward(const Tensor& x) override;

 private:
  std::vector<std::unique_ptr<Sequential>> layers_;
};

}  // namespace elbow

#include "nn/blocks.hpp"

#include "autograd/ops.hpp"

namespace elbow {

void add_batch_norm(Sequential& net, int64_t columns, const LayerStyle& style, LayerStreams streams) {
  const Init around_one{Init::Law::normal, 0.02, 1};
  if (style.batch_norm)
    net.emplace<BatchNorm1d>(columns, around_one, streams.initialisation, 0.1, 1e-5, style.dtype);
}

void add_hidden(Sequential& net, int64_t in, int64_t out, const LayerStyle& style, LayerStreams streams) {
  net.emplace<Linear>(in, out, style.init.weights, style.init.biases, streams.initialisation, style.dtype);
  add_batch_norm(net, out, style, streams);
  net.emplace<ActivationLayer>(style.activation);
  if (style.dropout > 0) net.emplace<Dropout>(style.dropout, streams.dropout);
}

ResidualBlock::ResidualBlock(int64_t in, int64_t out, int64_t bottleneck, bool activate,
                             const LayerStyle& style, LayerStreams streams) {
  const auto& [weights, biases] = style.init;
  add_hidden(main_, in, bottleneck, style, streams);
  main_.emplace<Linear>(bottleneck, out, weights, biases, streams.initialisation, style.dtype);
  add_batch_norm(main_, out, style, streams);
  part("main", main_);
  if (in != out) {
    bypass_ = std::make_unique<Linear>(in, out, weights, biases, streams.initialisation, style.dtype);
    part("bypass", *bypass_);
  }
  if (activate) activation_ = std::make_unique<ActivationLayer>(style.activation);
}

Tensor ResidualBlock::forward(const Tensor& x) {
  const Tensor y = add(main_(x), bypass_ ? (*bypass_)(x) : x);
  return activation_ ? (*activation_)(y) : y;
}

DenseBlock::DenseBlock(int64_t in, const std::vector<int64_t>& widths, const LayerStyle& style,
                       LayerStreams streams, const std::optional<LinearInit>& output) {
  if (widths.empty()) fail("DenseBlock", "needs the width of at least one layer");
  for (size_t i = 0; i < widths.size(); ++i) {
    auto layer = std::make_unique<Sequential>();
    if (output && i + 1 == widths.size())
      layer->emplace<Linear>(in, widths[i], output->weights, output->biases, streams.initialisation,
                             style.dtype);
    else
      add_hidden(*layer, in, widths[i], style, streams);
    part(str(i), *layer);
    layers_.push_back(std::move(layer));
    in += widths[i];
  }
}

Tensor DenseBlock::forward(const Tensor& x) {
  Tensor seen = x;  // [rows, outputs so far and in]
  for (size_t i = 0; i + 1 < layers_.size(); ++i) seen = concat((*layers_[i])(seen), seen, 1);
  return (*layers_.back())(seen);
}

}  // namespace elbow

#include "nn/blocks.hpp"

#include "autograd/ops.hpp"

namespace elbow {

namespace {

const Init around_one{Init::Distribution::normal, 0.02, 1}, zero{Init::Distribution::constant, 0};

void add_linear(Sequential& net, int64_t in, int64_t out, const LinearInit& init, const LayerStyle& style,
                LayerStreams streams) {
  net.emplace<Linear>(in, out, init.weights, init.biases, streams.initialisation, style.dtype);
}

void add_batch_norm(Sequential& net, int64_t columns, const Init& weights, const LayerStyle& style,
                    LayerStreams streams) {
  net.emplace<BatchNorm1d>(columns, weights, streams.initialisation, 0.1, 1e-5, style.dtype);
}

}  // namespace

void add_hidden(Sequential& net, int64_t in, int64_t out, const LayerStyle& style, LayerStreams streams) {
  add_linear(net, in, out, style.init, style, streams);
  if (style.batch_norm) add_batch_norm(net, out, around_one, style, streams);
  net.emplace<ActivationLayer>(style.activation);
  if (style.dropout > 0) net.emplace<Dropout>(style.dropout, streams.dropout);
}

int64_t add_hidden_layers(Sequential& net, int64_t in, const std::vector<int64_t>& widths,
                          const LayerStyle& style, LayerStreams streams) {
  for (const int64_t out : widths) {
    add_hidden(net, in, out, style, streams);
    in = out;
  }
  return in;
}

ResidualBlock::ResidualBlock(int64_t in, int64_t out, bool activate, const ResidualStyle& style,
                             LayerStreams streams) {
  const LinearInit& init = style.init;
  const bool zero_linear = style.zero_init_residual && !style.batch_norm;
  add_hidden(main_, in, style.bottleneck, style, streams);
  add_linear(main_, style.bottleneck, out, zero_linear ? LinearInit{zero, zero} : init, style, streams);
  if (style.batch_norm)
    add_batch_norm(main_, out, style.zero_init_residual ? zero : around_one, style, streams);
  submodule("main", main_);
  if (in != out) {
    bypass_ = std::make_unique<Linear>(in, out, init.weights, init.biases, streams.initialisation, style.dtype);
    submodule("bypass", *bypass_);
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
      add_linear(*layer, in, widths[i], *output, style, streams);
    else
      add_hidden(*layer, in, widths[i], style, streams);
    submodule(str(i), *layer);
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

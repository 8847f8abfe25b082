#include "nn/layers.hpp"

#include "autograd/ops.hpp"
#include "base/blocks.hpp"

namespace elbow {

Linear::Linear(int64_t in, int64_t out, const Init& weight_init, const Init& bias_init, RandomStream& random,
               DType dtype)
    : weight(Tensor::empty({in, out}, dtype)), bias(Tensor::empty({out}, dtype)) {
  initialise(weight, weight_init, random.next());
  initialise(bias, bias_init, random.next(), {double(in), double(out)});
  parameter("weight", weight, true);
  parameter("bias", bias);
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }
Tensor Linear::forward_relu(const Tensor& x) { return linear(x, weight, bias, true); }

std::string Linear::describe() const {
  return str(class_name(), "(", weight.size(0), ", ", weight.size(1), ")");
}

Tensor Layer::forward_relu(const Tensor& x) { return relu(forward(x)); }

BatchNorm1d::BatchNorm1d(int64_t columns, double momentum, double epsilon, DType dtype)
    : weight(Tensor::ones({columns}, dtype)),
      bias(Tensor::zeros({columns}, dtype)),
      running_mean(Tensor::zeros({columns}, dtype)),
      running_var(Tensor::ones({columns}, dtype)),
      momentum(momentum),
      epsilon(epsilon) {
  parameter("weight", weight);
  parameter("bias", bias);
  buffer("running_mean", running_mean);
  buffer("running_var", running_var);
}

BatchNorm1d::BatchNorm1d(int64_t columns, const Init& weight_init, RandomStream& random, double momentum,
                         double epsilon, DType dtype)
    : BatchNorm1d(columns, momentum, epsilon, dtype) {
  initialise(weight, weight_init, random.next());
}

std::string BatchNorm1d::describe() const { return str(class_name(), "(", weight.numel(), ")"); }

Tensor BatchNorm1d::normalise(const Tensor& x, bool relu) {
  return batch_norm(x, weight, bias, running_mean, running_var, training() && !statistics_frozen(), momentum,
                    epsilon, relu);
}

ActivationLayer::ActivationLayer(const std::string& name) : name_(name), function_(unary_op(name)) {
  if (function_.rule || name == identity) return;
  std::string known;
  for (const std::string& n : names()) known += str(known.empty() ? "" : ", ", n);
  fail("activation", "there is none named ", name, "; there are ", known);
}

Tensor ActivationLayer::forward(const Tensor& x) { return function_.rule ? function_(x) : x; }

std::vector<std::string> ActivationLayer::names() {
  std::vector<std::string> names = unary_op_names();
  names.emplace_back(identity);
  return names;
}

Tensor Dropout::forward(const Tensor& x) {
  if (!training() || p_ == 0) return x;
  RandomKey key = stream_.next();
  if (Block::current()) key = of_block(key, x.numel() / x.size(0));
  return dropout(x, p_, key);
}

void Sequential::add(std::unique_ptr<Layer> layer) {
  submodule(str(layers_.size()), *layer);
  layers_.push_back(std::move(layer));
}

namespace {

// An error that knows which layer it came from, so that each Sequential on its way out can name that layer in its own
// terms.
struct LayerError : Error {
  LayerError(std::string cause, const std::string& path, const Module& layer, std::string description)
      : Error(str(cause, " (in layer ", path, " of a Sequential, ", description, ")")),
        cause(std::move(cause)),
        layer(&layer),
        description(std::move(description)) {}
  std::string cause;
  const Module* layer;  // only compared with: it may be gone
  std::string description;
};

}  // namespace

Tensor Sequential::forward(const Tensor& x) {
  Tensor h = x;
  size_t i = 0;
  try {
    for (; i < layers_.size(); ++i) {
      const bool with_relu = i + 1 < layers_.size() && layers_[i + 1]->is_relu();
      h = with_relu ? layers_[i]->forward_relu(h) : layers_[i]->forward(h);
      i += with_relu;
    }
  } catch (const LayerError& e) {
    const std::string path = path_to(*e.layer);
    throw LayerError(e.cause, path.empty() ? str(i) : path, *e.layer, e.description);
  } catch (const Error& e) { throw LayerError(e.what(), str(i), *layers_[i], layers_[i]->describe()); }
  return h;
}

}  // namespace elbow

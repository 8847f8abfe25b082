#include "nn/layers.hpp"

#include "autograd/ops.hpp"

namespace elbow {

Linear::Linear(int64_t in, int64_t out, const Init& weight_init, const Init& bias_init, RandomStream& stream,
               DType dtype)
    : weight(Tensor::empty({in, out}, dtype)), bias(Tensor::empty({out}, dtype)) {
  initialise(weight, weight_init, stream.next());
  initialise(bias, bias_init, stream.next(), {double(in), double(out)});
  parameter("weight", weight, true);
  parameter("bias", bias);
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

BatchNorm1d::BatchNorm1d(int64_t columns, const Init& weight_init, RandomStream& stream, double momentum,
                         double epsilon, DType dtype)
    : weight(Tensor::empty({columns}, dtype)),
      bias(Tensor::zeros({columns}, dtype)),
      running_mean(Tensor::zeros({columns}, dtype)),
      running_var(Tensor::ones({columns}, dtype)),
      momentum(momentum),
      epsilon(epsilon) {
  initialise(weight, weight_init, stream.next());
  parameter("weight", weight);
  parameter("bias", bias);
  buffer("running_mean", running_mean);
  buffer("running_var", running_var);
}

Tensor BatchNorm1d::forward(const Tensor& x) {
  return batch_norm(x, weight, bias, running_mean, running_var, training() && !statistics_frozen(), momentum,
                    epsilon);
}

namespace {

struct NamedFunction {
  const char* name;
  Tensor (*function)(const Tensor&);
};
constexpr NamedFunction activations[] = {
    {"relu", [](const Tensor& x) { return relu(x); }},
    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x); }},
    {"sigmoid", [](const Tensor& x) { return sigmoid(x); }},
    {"tanh", [](const Tensor& x) { return tanh(x); }},
    {"softplus", [](const Tensor& x) { return softplus(x); }},
    {"identity", [](const Tensor& x) { return x; }},
};

}  // namespace

ActivationLayer::ActivationLayer(const std::string& name) : function_(nullptr) {
  std::string known;
  for (const auto& a : activations) {
    if (name == a.name) function_ = a.function;
    known += str(known.empty() ? "" : ", ", a.name);
  }
  if (!function_) fail("activation", "there is none named ", name, "; there are ", known);
}

std::vector<std::string> ActivationLayer::names() {
  std::vector<std::string> out;
  for (const auto& a : activations) out.emplace_back(a.name);
  return out;
}

Tensor Dropout::forward(const Tensor& x) { return training() && p_ > 0 ? dropout(x, p_, stream_.next()) : x; }

void Sequential::add(std::unique_ptr<Layer> layer) {
  part(str(layers_.size()), *layer);
  layers_.push_back(std::move(layer));
}

Tensor Sequential::forward(const Tensor& x) {
  Tensor h = x;
  for (auto& layer : layers_) h = layer->forward(h);
  return h;
}

}  // namespace elbow

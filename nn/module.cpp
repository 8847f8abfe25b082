#include "nn/module.hpp"

#include <cmath>
#include <cstring>

namespace elbow {
namespace {

Tensor transposed(const Tensor& t) {
  const int64_t rows = t.size(0), columns = t.size(1);
  Tensor out = Tensor::empty({columns, rows}, t.dtype());
  dispatch(t.dtype(), [&]<class T>() {
    const T* from = t.data<T>();  // [rows, columns]
    T* to = out.data<T>();        // [columns, rows]
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  });
  return out;
}

}  // namespace

void Module::train(bool on) {
  training_ = on;
  for (auto& [name, module] : parts_) module->train(on);
}

void Module::freeze_statistics(bool on) {
  statistics_frozen_ = on;
  for (auto& [name, module] : parts_) module->freeze_statistics(on);
}

void Module::parameter(const std::string& name, Tensor& tensor, bool transposed) {
  tensor.set_requires_grad();
  own_.push_back({name, &tensor, true, transposed});
}

void Module::buffer(const std::string& name, Tensor& tensor) { own_.push_back({name, &tensor, false, false}); }

void Module::part(const std::string& name, Module& module) { parts_.emplace_back(name, &module); }

void Module::collect(const std::string& prefix, std::vector<NamedTensor>& out) const {
  for (NamedTensor t : own_) {
    t.name = prefix + t.name;
    out.push_back(t);
  }
  for (const auto& [name, module] : parts_) module->collect(prefix + name + ".", out);
}

std::vector<NamedTensor> Module::named_tensors() const {
  std::vector<NamedTensor> out;
  collect("", out);
  return out;
}

int64_t Module::parameters() const {
  int64_t n = 0;
  for (const NamedTensor& t : named_tensors())
    if (t.trained) n += t.tensor->numel();
  return n;
}

std::map<std::string, Tensor> state_of(const Module& module) {
  std::map<std::string, Tensor> state;
  for (const NamedTensor& t : module.named_tensors())
    state[t.name] = t.transposed ? transposed(*t.tensor) : t.tensor->clone();
  return state;
}

void set_state(Module& module, const std::map<std::string, Tensor>& state) {
  std::map<std::string, Tensor> checked;
  for (const NamedTensor& t : module.named_tensors()) {
    const auto found = state.find(t.name);
    if (found == state.end()) fail("set_state", "there is no tensor named ", t.name);
    const Tensor value = t.transposed && found->second.rank() == 2 ? transposed(found->second) : found->second;
    if (!(value.shape() == t.tensor->shape()) || value.dtype() != t.tensor->dtype())
      fail("set_state", t.name, " is ", name_of(value.dtype()), " ", found->second.shape(),
           ", the model wants ", name_of(t.tensor->dtype()), " ",
           t.transposed ? transposed(*t.tensor).shape() : t.tensor->shape());
    checked[t.name] = value;
  }
  for (const auto& [name, tensor] : state)
    if (!checked.contains(name)) fail("set_state", "the model has no tensor named ", name);
  for (const NamedTensor& t : module.named_tensors()) t.tensor->copy_(checked[t.name]);
}

FlatParameters::FlatParameters(Module& module) {
  std::vector<NamedTensor> parameters;
  for (const NamedTensor& t : module.named_tensors())
    if (t.trained) parameters.push_back(t);
  if (parameters.empty()) fail("FlatParameters", "the module has no parameters");
  const DType dtype = parameters.front().tensor->dtype();
  const int64_t line = 64 / int64_t(bytes_of(dtype));
  const auto padded = [&](const NamedTensor& t) { return (t.tensor->numel() + line - 1) / line * line; };
  int64_t n = 0;
  for (const NamedTensor& t : parameters) n += padded(t);
  values_ = Tensor::zeros({n}, dtype);
  gradients_ = Tensor::zeros({n}, dtype);
  int64_t first = 0;
  for (const NamedTensor& t : parameters) {
    Tensor home = values_.view(t.tensor->shape(), first);
    home.copy_(*t.tensor);
    home.set_requires_grad();
    home.set_grad(gradients_.view(t.tensor->shape(), first));
    *t.tensor = home;
    first += padded(t);
  }
}

void FlatParameters::zero_gradients() {
  std::memset(gradients_.body()->data, 0, size_t(gradients_.numel()) * bytes_of(gradients_.dtype()));
}

double FlatParameters::clip_gradients(double limit) {
  return dispatch(gradients_.dtype(), [&]<class T>() {
    T* g = gradients_.data<T>();
    double sum = 0;
    for (int64_t i = 0; i < gradients_.numel(); ++i) sum += double(g[i]) * double(g[i]);
    const double norm = std::sqrt(sum);
    if (norm > limit)
      for (int64_t i = 0; i < gradients_.numel(); ++i) g[i] *= T(limit / norm);
    return norm;
  });
}

}  // namespace elbow

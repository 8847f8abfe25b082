#include "nn/module.hpp"
#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <typeinfo>

namespace elbow {
namespace {

Tensor transposed(const Tensor& t) {
  const int64_t rows = t.size(0), columns = t.size(1);
  if (t.device() != Device::cpu) return transposed(on_cpu(t));
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

void Module::freeze() {
  require_open("freeze", "", class_name());
  for (NamedTensor& t : own_) {
    t.trained = false;
    t.tensor->set_requires_grad(false);
  }
  for (auto& [name, module] : submodules_) module->freeze();
  train(false);
  frozen_ = true;
}

void Module::train(bool on) {
  if (frozen_) return;
  training_ = on;
  for (auto& [name, module] : submodules_) module->train(on);
}

void Module::freeze_statistics(bool on) {
  statistics_frozen_ = on;
  for (auto& [name, module] : submodules_) module->freeze_statistics(on);
}

void Module::to(Device device) {
  for (const NamedTensor& t : named_tensors()) {
    if (t.tensor->device() == device) continue;
    require_open("to", t.name, str("on ", name_of(t.tensor->device())));
    Tensor there = Tensor::empty(t.tensor->shape(), t.tensor->dtype(), device);
    copy_elements(*t.tensor, there);
    if (t.trained) there.set_requires_grad();
    *t.tensor = there;
  }
}

const Tensor* Module::any_tensor() const {
  if (!own_.empty()) return own_.front().tensor;
  for (const auto& [name, module] : submodules_)
    if (const Tensor* const t = module->any_tensor()) return t;
  return nullptr;
}

Device Module::device() const {
  const Tensor* const t = any_tensor();
  return t ? t->device() : Device::cpu;
}

void Module::parameter(const std::string& name, Tensor& tensor, bool transposed) {
  require_open("parameter", name, str("of shape ", tensor.shape()));
  tensor.set_requires_grad();
  own_.push_back({name, &tensor, true, transposed});
}

void Module::buffer(const std::string& name, Tensor& tensor) { own_.push_back({name, &tensor, false, false}); }

void Module::submodule(const std::string& name, Module& module) {
  require_open("submodule", name, module.describe());
  submodules_.emplace_back(name, &module);
}

void Module::require_open(const char* asker, const std::string& name, const std::string& what) const {
  if (!home_.expired())
    fail(asker, path_ + name, " (", what,
         ") comes too late and would not be trained: FlatParameters has collected the ", "parameters of this ",
         class_name(), " already; add all layers before making FlatParameters");
}

void Module::require_free(const std::string& path) const {
  if (!home_.expired())
    fail("FlatParameters", "another FlatParameters, or an optimiser made from it, still trains ",
         path.empty() ? "this " + class_name() : path, ": use that one, or let both go first");
  for (const auto& [name, module] : submodules_) module->require_free(path.empty() ? name : path + "." + name);
}

void Module::close(const std::string& path, const std::shared_ptr<const void>& home) {
  home_ = home;
  path_ = path;
  for (auto& [name, module] : submodules_) module->close(path + name + ".", home);
}

std::string Module::class_name() const {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), &std::free);
  const std::string name = text ? text.get() : typeid(*this).name();
  const size_t scope = name.rfind("::", name.find('<'));
  return scope == std::string::npos ? name : name.substr(scope + 2);
}

std::string Module::path_to(const Module& submodule) const {
  for (const auto& [name, module] : submodules_) {
    if (module == &submodule) return name;
    if (const std::string rest = module->path_to(submodule); !rest.empty()) return name + "." + rest;
  }
  return "";
}

void Module::print(std::ostream& out, int depth) const {
  out << describe();
  if (const int64_t n = parameters(); n > 0) out << ", " << n << " parameters";
  out << '\n';
  for (const auto& [name, module] : submodules_) {
    out << std::string(2 * size_t(depth + 1), ' ') << name << ": ";
    module->print(out, depth + 1);
  }
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  module.print(out, 0);
  return out;
}

void Module::collect(const std::string& prefix, std::vector<NamedTensor>& out) const {
  for (NamedTensor t : own_) {
    t.name = prefix + t.name;
    out.push_back(t);
  }
  for (const auto& [name, module] : submodules_) module->collect(prefix + name + ".", out);
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

bool all_finite(const Tensor& t) {
  return dispatch(t.dtype(), [&]<class T>() {
    const Tensor on_host = on_cpu(t);
    const T* p = on_host.data<T>();
    return std::all_of(p, p + t.numel(), [](T x) { return std::isfinite(x); });
  });
}

bool all_finite(const Module& module) {
  const std::vector<NamedTensor> tensors = module.named_tensors();
  return std::all_of(tensors.begin(), tensors.end(),
                     [](const NamedTensor& t) { return all_finite(*t.tensor); });
}

std::map<std::string, Tensor> state_of(const Module& module) {
  std::map<std::string, Tensor> state;
  for (const NamedTensor& t : module.named_tensors())
    state[t.name] = t.transposed ? transposed(*t.tensor) : copy_of(on_cpu(*t.tensor));
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
           ", the model expects ", name_of(t.tensor->dtype()), " ",
           t.transposed ? transposed(*t.tensor).shape() : t.tensor->shape());
    checked[t.name] = value;
  }
  for (const auto& [name, tensor] : state)
    if (!checked.contains(name)) fail("set_state", "the model has no tensor named ", name);
  for (const NamedTensor& t : module.named_tensors()) t.tensor->copy_(checked[t.name]);
}

namespace {
std::vector<NamedTensor> trained_tensors(const Module& module) {
  std::vector<NamedTensor> parameters;
  for (const NamedTensor& t : module.named_tensors())
    if (t.trained) parameters.push_back(t);
  if (parameters.empty()) fail("FlatParameters", "the module has no parameters");
  return parameters;
}
}  // namespace

FlatParameters::FlatParameters(Module& module) {
  const std::vector<NamedTensor> parameters = trained_tensors(module);
  module.require_free("");
  const DType dtype = parameters.front().tensor->dtype();
  const Device device = parameters.front().tensor->device();
  const int64_t line = 64 / int64_t(bytes_of(dtype));
  int64_t n = 0;
  for (const auto& [name, tensor, trained, transposed] : parameters) {
    if (tensor->dtype() != dtype)
      fail("FlatParameters", name, " is ", name_of(tensor->dtype()), ", ", parameters.front().name, " is ",
           name_of(dtype), ": all parameters must have one dtype");
    list_.push_back({name, tensor->shape(), n, tensor->numel()});
    n += (tensor->numel() + line - 1) / line * line;
  }
  values_ = Tensor::zeros({n}, dtype, device);
  for (size_t i = 0; i < list_.size(); ++i)
    alias(values_, list_[i].shape, list_[i].first).copy_(*parameters[i].tensor);
  take(module, parameters);
}

FlatParameters::FlatParameters(Module& module, const FlatParameters& shared)
    : values_(shared.values_), list_(shared.list_) {
  const std::vector<NamedTensor> parameters = trained_tensors(module);
  module.require_free("");
  const auto same = [](const NamedTensor& t, const FlatParameter& p) {
    return t.name == p.name && t.tensor->shape() == p.shape;
  };
  if (!std::ranges::equal(parameters, list_, same))
    fail("FlatParameters", "the parameters of this ", module.class_name(), " are others than those to share");
  take(module, parameters);
}

// Makes the parameters of the module views of the buffers.
void FlatParameters::take(Module& module, const std::vector<NamedTensor>& parameters) {
  gradients_ = Tensor::zeros(values_.shape(), values_.dtype(), values_.device());
  for (size_t i = 0; i < list_.size(); ++i) {
    Tensor home = alias(values_, list_[i].shape, list_[i].first);
    home.set_requires_grad();
    home.set_grad(alias(gradients_, list_[i].shape, list_[i].first));
    *parameters[i].tensor = home;
    parameters_.push_back(home);
  }
  home_ = std::make_shared<char>();
  module.close("", home_);
}

void FlatParameters::zero_gradients() {
  for (Tensor& parameter : parameters_) parameter.zero_grad();
}

Tensor& FlatParameters::gradients() {
  for (const Tensor& parameter : parameters_) parameter.grad();
  return gradients_;
}

}  // namespace elbow

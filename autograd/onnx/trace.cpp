#include "autograd/onnx/trace.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "autograd/op_observer.hpp"
#include "autograd/random.hpp"
#include "autograd/tape.hpp"

namespace elbow {
namespace {

// An op that was applied to the first batch. The handles keep its tensors alive, so that no other tensor takes their place.
struct Step {
  const OpRule* rule;
  std::vector<Tensor> in;
  Tensor y;
};

class FirstRun : public OpObserver {
 public:
  std::vector<Step> steps;
  void applied(const OpRule& rule, const void*, ops::Inputs in, const Tensor& y) override {
    Step step{&rule, {}, y};
    for (size_t i = 0; i < in.size(); ++i) step.in.push_back(in[i]);
    steps.push_back(std::move(step));
  }
};

std::string_view elements_of(const Tensor& t) {
  return {static_cast<const char*>(t.body()->data), size_t(t.numel()) * bytes_of(t.dtype())};
}
bool same_elements(const Tensor& a, const Tensor& b) {
  return a.same_as(b) || (a.shape() == b.shape() && a.dtype() == b.dtype() && elements_of(a) == elements_of(b));
}

// Writes the ops that are applied to the second batch, with the first one beside it.
class SecondRun : public OpObserver {
 public:
  SecondRun(const std::vector<Step>& first, const std::vector<OnnxInput>& inputs, const OnnxAbout& about);
  void applied(const OpRule& rule, const void* op, ops::Inputs in, const Tensor& y) override;
  OnnxModel finished(const std::vector<OnnxOutput>& first, const std::vector<OnnxOutput>& second,
                     const OnnxAbout& about);

 private:
  class Node;
  using Sizes = std::vector<int64_t>;

  Sizes sizes_of(const Tensor& first, const Tensor& second) const;
  std::string sizes_value(const Tensor& first, const Tensor& second);
  std::vector<std::string> add(std::string_view type, const std::vector<std::string>& inputs,
                               const std::vector<OnnxAttribute>& attributes, size_t outputs);
  std::string constant(const Tensor& t);
  std::string constant(OnnxType type, const Sizes& sizes, std::string_view elements);
  std::string constant(const Sizes& numbers) {
    const auto* bytes = reinterpret_cast<const char*>(numbers.data());
    return constant(OnnxType::int64, {int64_t(numbers.size())}, {bytes, numbers.size() * sizeof(int64_t)});
  }
  std::string value_of(const Tensor& t, const Tensor* first, bool broadcasts);
  void name(const Tensor& t, const std::string& value) {
    names_[t.body()] = value;
    kept_.push_back(t);
  }
  std::string unique(std::string name);

  const std::vector<Step>& first_;
  size_t next_ = 0;  // of first_
  int within_ = 0;   // how many ops are being written as operations of their formulas
  OnnxGraph graph_;
  std::vector<OnnxPort> inputs_;
  std::optional<std::pair<int64_t, int64_t>> rows_;            // of the two batches, where they differ
  std::pair<std::string, int64_t> rows_at_;                    // the input, and its axis, that has so many
  std::string rows_value_;                                     // int64 [1], once it is needed
  std::map<const Tensor::Body*, std::string> names_;           // of the tensors that are values of the graph
  std::map<const Tensor::Body*, std::string> constant_names_;  // that they shall have
  std::map<const Tensor::Body*, std::string> constants_;       // of those that have been written
  std::map<std::string, std::string> small_constants_;         // by type, sizes and elements
  std::vector<Tensor> kept_;
  std::set<std::string> taken_;
  int64_t count_ = 0;  // of names
};

// One op and where it goes. `first` is its output for the first batch; null within a formula, where no shape is asked for.
class SecondRun::Node : public OnnxNode {
 public:
  Node(SecondRun& run, const OpRule& rule, ops::Inputs in, const Tensor& y, const Step* first)
      : run_(run), rule_(rule), in_(in), y_(y), first_(first) {}
  size_t inputs() const override { return in_.size(); }
  const Tensor& input(size_t i) const override { return in_[i]; }
  std::string in(size_t i) override {
    return run_.value_of(in_[i], first_ ? &first_->in[i] : nullptr, rule_.arity >= 0);
  }
  std::vector<int64_t> sizes() const override { return run_.sizes_of(first_ ? first_->y : y_, y_); }
  std::string sizes_value() override { return run_.sizes_value(first_ ? first_->y : y_, y_); }
  void is(const std::string& value) override { run_.name(y_, value); }
  void is(const Tensor& tensor) override { run_.name(y_, run_.value_of(tensor, nullptr, false)); }
  std::vector<std::string> add(std::string_view type, const std::vector<std::string>& inputs,
                               const std::vector<OnnxAttribute>& attributes, size_t outputs) override {
    return run_.add(type, inputs, attributes, outputs);
  }
  using OnnxNode::add;
  std::string constant(const Tensor& tensor) override { return run_.constant(tensor); }
  std::string constant(const std::vector<int64_t>& numbers) override { return run_.constant(numbers); }
  using OnnxNode::constant;

 private:
  SecondRun& run_;
  const OpRule& rule_;
  ops::Inputs in_;
  const Tensor& y_;
  const Step* first_;
};

SecondRun::SecondRun(const std::vector<Step>& first, const std::vector<OnnxInput>& inputs,
                     const OnnxAbout& about)
    : first_(first), graph_(about.name) {
  for (const OnnxInput& input : inputs) {
    const Shape &a = input.first.shape(), &b = input.second.shape();
    for (int axis = 0; axis < a.rank() && !rows_; ++axis)
      if (a[axis] != b[axis]) rows_ = {a[axis], b[axis]}, rows_at_ = {input.name, axis};
    taken_.insert(input.name);
    name(input.second, input.name);
    inputs_.push_back({input.name, input.doc, sizes_of(input.first, input.second)});
  }
  for (const auto& [name, tensor] : about.names) constant_names_[tensor.body()] = name;
}

void SecondRun::applied(const OpRule& rule, const void* op, ops::Inputs in, const Tensor& y) {
  const Step* first = nullptr;
  if (within_ == 0) {
    if (next_ == first_.size() || first_[next_].rule != &rule)
      fail("onnx", "the computation takes another course for other rows, at the op ", rule.name);
    first = &first_[next_++];
  }
  bool computed = false;
  for (size_t i = 0; i < in.size(); ++i) computed = computed || names_.contains(in[i].body());
  if (!computed && (!first || first->y.shape() == y.shape())) return;  // a constant
  if (!rule.onnx) fail("onnx", "the op ", rule.name, " has no form in ONNX");
  Node node(*this, rule, in, y, first);
  ++within_;
  rule.onnx(op, node);
  --within_;
}

// A size is that of both batches, or in both the same multiple of the number of rows.
SecondRun::Sizes SecondRun::sizes_of(const Tensor& first, const Tensor& second) const {
  const Shape &a = first.shape(), &b = second.shape();
  if (a.rank() != b.rank()) fail("onnx", "a shape is ", a, " for some rows and ", b, " for others");
  Sizes sizes;
  for (int i = 0; i < b.rank(); ++i) {
    if (a[i] != b[i] && (!rows_ || a[i] % rows_->first != 0 || a[i] / rows_->first * rows_->second != b[i]))
      fail("onnx", "a shape is ", a, " for some rows and ", b, " for others");
    sizes.push_back(a[i] == b[i] ? b[i] : -1);
  }
  return sizes;
}

std::string SecondRun::sizes_value(const Tensor& first, const Tensor& second) {
  const Sizes sizes = sizes_of(first, second);
  if (std::count(sizes.begin(), sizes.end(), -1) == 0) return constant(sizes);
  if (rows_value_.empty()) {
    const std::string shape = add("Shape", {rows_at_.first}, {}, 1)[0];
    rows_value_ = add("Gather", {shape, constant(Sizes{rows_at_.second})}, {}, 1)[0];
  }
  std::vector<std::string> parts;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int64_t times = second.size(int(i)) / rows_->second;
    if (sizes[i] >= 0)
      parts.push_back(constant(Sizes{sizes[i]}));
    else
      parts.push_back(times == 1 ? rows_value_ : add("Mul", {rows_value_, constant(Sizes{times})}, {}, 1)[0]);
  }
  return add("Concat", parts, {{"axis", int64_t{0}}}, 1)[0];
}

std::vector<std::string> SecondRun::add(std::string_view type, const std::vector<std::string>& inputs,
                                        const std::vector<OnnxAttribute>& attributes, size_t outputs) {
  std::vector<std::string> names;
  for (size_t i = 0; i < outputs; ++i) names.push_back(unique(str(type, '_', count_++)));
  graph_.node(type, inputs, names, attributes);
  return names;
}

std::string SecondRun::unique(std::string name) {
  while (!taken_.insert(name).second) name += '_';
  return name;
}

std::string SecondRun::constant(OnnxType type, const Sizes& sizes, std::string_view elements) {
  constexpr size_t small = 1024;  // bytes: equal ones are written once
  std::string key = str(int64_t(type));
  for (const int64_t size : sizes) key += str(' ', size);
  key += ':';
  key += elements;
  if (const auto known = small_constants_.find(key); known != small_constants_.end()) return known->second;
  const std::string name = unique(str("constant_", count_++));
  graph_.constant(name, type, sizes, elements);
  if (elements.size() <= small) small_constants_[key] = name;
  return name;
}

std::string SecondRun::constant(const Tensor& t) {
  const auto sizes = t.shape().sizes();
  const OnnxType type = t.dtype() == DType::float32 ? OnnxType::float32 : OnnxType::float64;
  if (const auto known = constants_.find(t.body()); known != constants_.end()) return known->second;
  const auto named = constant_names_.find(t.body());
  if (named == constant_names_.end()) return constant(type, Sizes(sizes.begin(), sizes.end()), elements_of(t));
  const std::string name = unique(named->second);
  graph_.constant(name, type, Sizes(sizes.begin(), sizes.end()), elements_of(t));
  return constants_[t.body()] = name;
}

// The value that a tensor is: computed, or a constant. `first` is the same tensor for the first batch.
std::string SecondRun::value_of(const Tensor& t, const Tensor* first, bool broadcasts) {
  if (const auto known = names_.find(t.body()); known != names_.end()) return known->second;
  if (!first || same_elements(*first, t)) return constant(t);
  // One number for all rows, such as Tensor::ones({rows, 1}): broadcasting it does as well.
  const auto numbers = t.to_vector<double>(), others = first->to_vector<double>();
  const auto equal = [&](double v) { return v == numbers[0]; };
  if (broadcasts && first->rank() == t.rank() && std::ranges::all_of(numbers, equal) &&
      std::ranges::all_of(others, equal)) {
    const std::vector<int64_t> ones(size_t(t.rank()), 1);
    return constant(Tensor::full(Shape(ones), numbers[0], t.dtype()));
  }
  fail("onnx", "a tensor of shape ", t.shape(), " depends on the rows, and is not computed by ops");
}

OnnxModel SecondRun::finished(const std::vector<OnnxOutput>& first, const std::vector<OnnxOutput>& second,
                              const OnnxAbout& about) {
  OnnxModel model;
  for (size_t i = 0; i < second.size(); ++i) {
    const OnnxOutput& output = second[i];
    if (!taken_.insert(output.name).second) fail("onnx", "two values are called ", output.name);
    graph_.node("Identity", {value_of(output.value, &first[i].value, false)}, {output.name}, {});
    model.outputs.push_back({output.name, output.doc, sizes_of(first[i].value, output.value)});
    graph_.output(model.outputs.back());
  }
  for (const OnnxPort& port : inputs_) {
    if (!graph_.uses(port.name)) continue;
    graph_.input(port);
    model.inputs.push_back(port);
  }
  model.file = graph_.file(about.version, about.metadata);
  return model;
}

}  // namespace

OnnxInput rows_input(const std::string& name, int64_t columns, const std::string& doc) {
  return {name, doc, uniform({1, 0, 0}, {2, columns}), uniform({2, 0, 0}, {3, columns})};
}

OnnxModel onnx_model(const std::vector<OnnxInput>& inputs,
                     const std::function<std::vector<OnnxOutput>(const std::vector<Tensor>&)>& f,
                     const OnnxAbout& about) {
  const NoGrad no_grad;
  std::vector<Tensor> in;
  for (const OnnxInput& input : inputs) in.push_back(input.first);
  FirstRun first;
  const std::vector<OnnxOutput> first_outputs = f(in);
  in.clear();
  for (const OnnxInput& input : inputs) in.push_back(input.second);
  SecondRun second(first.steps, inputs, about);
  const std::vector<OnnxOutput> outputs = f(in);
  return second.finished(first_outputs, outputs, about);
}

}  // namespace elbow

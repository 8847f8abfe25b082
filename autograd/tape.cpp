#include "autograd/tape.hpp"

#include <atomic>
#include <cmath>

#include "autograd/enable_grad.hpp"
#include "autograd/memory.hpp"
#include "autograd/ops.hpp"

namespace elbow {
namespace {

thread_local Tape* innermost = nullptr;
thread_local bool grad_enabled = true;
std::atomic<bool> nan_checks{false};

uint64_t next_serial() {
  static std::atomic<uint64_t> count{0};
  return ++count;
}

// target += source, both dense and of one shape.
void add_in_place(const Tensor& target, const Tensor& source) {
  dispatch(target.dtype(), [&]<class T>() {
    T* t = target.data<T>();
    const T* s = source.data<T>();
    const int64_t n = target.numel();
    for (int64_t i = 0; i < n; ++i) t[i] += s[i];
  });
}

// Whether another handle, or a view, looks at the same elements.
bool shared(const Tensor& t) {
  return t.body()->references.load(std::memory_order_relaxed) > 1 ||
         t.body()->storage->references.load(std::memory_order_relaxed) > 1;
}

}  // namespace

Tape::Lists& Tape::spare_lists() {
  thread_local Lists spare;
  return spare;
}

Tape::Tape() : serial_(next_serial()), outer_(innermost) {
  std::swap(lists_, spare_lists());
  innermost = this;
}

Tape::~Tape() {
  clear();
  innermost = outer_;
  std::swap(lists_, spare_lists());
}

Tape& Tape::current(const char* asker) {
  if (!innermost) fail(asker, "there is no tape: make one (`Tape tape;`) before the computation");
  return *innermost;
}

Tape* Tape::recording(const char* op, const Tensor* const* inputs, size_t n) {
  if (!innermost || !grad_enabled) return nullptr;
  bool any = false;
  for (size_t i = 0; i < n; ++i) {
    const Tensor::Body& b = *inputs[i]->body();
    if (b.node >= 0 && b.tape != innermost->serial_)
      fail(op, "input ", i, " of shape ", b.shape,
           " was computed on another tape, or one that has been used: recompute it or detach() it");
    any = any || b.requires_grad || b.node >= 0;
  }
  return any ? innermost : nullptr;
}

Tape::Node& Tape::append(const OpRule& rule, const Tensor* const* inputs, size_t n_inputs, const Tensor* saved,
                         size_t n_saved, Tensor& output) {
  Node* node = static_cast<Node*>(pool_allocate(sizeof(Node)));
  node->rule = &rule;
  node->first_edge = uint32_t(lists_.edges.size());
  node->n_edges = uint32_t(n_inputs);
  node->first_saved = uint32_t(lists_.saved.size());
  node->n_saved = uint32_t(n_saved);
  output.body()->node = int32_t(lists_.nodes.size());
  output.body()->tape = serial_;
  for (size_t i = 0; i < n_inputs; ++i)
    lists_.edges.push_back(
        {inputs[i]->body()->node, inputs[i]->requires_grad() ? *inputs[i] : Tensor(), inputs[i]->shape()});
  for (size_t i = 0; i < n_saved; ++i)
    lists_.saved.push_back({saved[i], saved[i] ? saved[i].body()->storage->version : 0});
  lists_.nodes.push_back(node);
  return *node;
}

void Tape::clear() {
  for (Node* node : lists_.nodes) {
    node->rule->destroy(node->op);
    pool_release(node, sizeof(Node));
  }
  lists_.nodes.clear();
  lists_.edges.clear();
  lists_.saved.clear();
  lists_.adjoints.clear();
  serial_ = next_serial();
}

void Tape::check_root(const Tensor& root, const Tensor& seed, const char* asker) const {
  if (!root) fail(asker, "the root is an undefined tensor");
  if (root.body()->node < 0)
    fail(asker, "the root of shape ", root.shape(), " depends on no tensor that requires a gradient");
  if (root.body()->tape != serial_)
    fail(asker, "the root's tape has been used or cleared: run the forward pass again");
  if (!seed && root.numel() != 1)
    fail(asker, "the root has shape ", root.shape(), ": reduce it to one number, or pass a seed of that shape");
  if (seed && (!(seed.shape() == root.shape()) || seed.dtype() != root.dtype()))
    fail(asker, "the seed is ", name_of(seed.dtype()), " ", seed.shape(), " and the root ",
         name_of(root.dtype()), " ", root.shape());
}

Tensor Tape::start(const Tensor& root, const Tensor& seed) {
  return seed ? seed : Tensor::ones(root.shape(), root.dtype());
}

// The heart of reverse-mode autodiff: from the root back to the first node, each op turns the gradient of its
// output into gradients of its inputs. Whatever a node held is let go as soon as it has been used.
void Tape::run(const Tensor& root, const Tensor& seed, bool in_ops) {
  const int32_t last = root.body()->node;
  lists_.adjoints.resize(size_t(last) + 1);
  lists_.adjoints[size_t(last)] = start(root, seed);
  for (int32_t i = last; i >= 0; --i) {
    Tensor dy = in_ops ? lists_.adjoints[size_t(i)] : std::exchange(lists_.adjoints[size_t(i)], Tensor());
    if (!dy) continue;  // the root does not depend on this node
    Node& node = *lists_.nodes[size_t(i)];
    BackwardContext context(*this, i, std::move(dy), in_ops);
    if (in_ops) {
      if (!node.rule->backward_in_ops)
        fail("gradient", "the backward of ", node.rule->name,
             " is a fused kernel, not written in ops: its gradient cannot be differentiated again");
      node.rule->backward_in_ops(node.op, context);
      continue;
    }
    node.rule->backward(node.op, context);
    if (check_nan())
      for (size_t k = 0; k < node.n_edges; ++k)
        if (context.needs(k)) require_finite(context.gradient_of(k), node.rule->name, "gradient");
    for (uint32_t s = 0; s < node.n_saved; ++s) lists_.saved[node.first_saved + s].tensor = Tensor();
  }
}

void Tape::backward(const Tensor& root, const Tensor& seed) {
  check_root(root, seed, "backward");
  NoGrad no_grad;
  try {
    run(root, seed, false);
  } catch (...) {
    clear();
    throw;
  }
  clear();
}

std::vector<Tensor> Tape::gradient(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed) {
  check_root(root, seed, "gradient");
  std::vector<std::pair<Tensor, Tensor>> leaves;
  leaf_gradients_ = &leaves;
  try {
    run(root, seed, true);
  } catch (...) {
    leaf_gradients_ = nullptr;
    lists_.adjoints.clear();
    throw;
  }
  leaf_gradients_ = nullptr;
  std::vector<Tensor> gradients;
  for (const Tensor& input : inputs) {
    Tensor found;
    const int32_t node = input.body()->node;
    if (node >= 0 && input.body()->tape == serial_ && size_t(node) < lists_.adjoints.size())
      found = lists_.adjoints[size_t(node)];
    for (const auto& [leaf, gradient] : leaves)
      if (leaf.same_as(input)) found = gradient;
    gradients.push_back(found ? found : Tensor::zeros(input.shape(), input.dtype()));
  }
  lists_.adjoints.clear();
  return gradients;
}

BackwardContext::BackwardContext(Tape& tape, int32_t node, Tensor dy, bool in_ops)
    : tape_(tape), node_(node), dy_(std::move(dy)), in_ops_(in_ops) {
  if (!in_ops) return;
  const Tape::Node& n = *tape.lists_.nodes[size_t(node)];
  const auto edges = tape.lists_.edges.begin() + n.first_edge;
  const auto saved = tape.lists_.saved.begin() + n.first_saved;
  edges_.assign(edges, edges + n.n_edges);
  saved_.assign(saved, saved + n.n_saved);
}

const Tape::Edge& BackwardContext::edge(size_t i) const {
  if (in_ops_) return edges_[i];
  return tape_.lists_.edges[tape_.lists_.nodes[size_t(node_)]->first_edge + i];
}

size_t BackwardContext::inputs() const { return tape_.lists_.nodes[size_t(node_)]->n_edges; }

bool BackwardContext::needs(size_t i) const { return edge(i).node >= 0 || edge(i).leaf; }

const Tensor& BackwardContext::saved(size_t i) const {
  const Tape::Node& node = *tape_.lists_.nodes[size_t(node_)];
  const Tape::Saved& saved = in_ops_ ? saved_[i] : tape_.lists_.saved[node.first_saved + i];
  if (saved.tensor && saved.tensor.body()->storage->version != saved.version)
    fail("backward", node.rule->name, " saved a tensor of shape ", saved.tensor.shape(), " that ",
         saved.tensor.body()->storage->last_writer,
         " has written to in place since: write to a clone() instead");
  return saved.tensor;
}

const Tensor& BackwardContext::gradient_of(size_t i) const {
  const Tape::Edge& e = edge(i);
  return e.leaf ? e.leaf.body()->grad : tape_.lists_.adjoints[size_t(e.node)];
}

Tensor& BackwardContext::target_of(size_t i, bool& add) {
  const Tape::Edge& e = edge(i);
  Tensor& target = e.leaf ? e.leaf.body()->grad : tape_.lists_.adjoints[size_t(e.node)];
  add = bool(target);
  if (!target)
    target = Tensor::empty(e.shape, dy_.dtype());
  else if (!e.leaf && shared(target))
    target = target.clone();  // somebody else holds this gradient as well (see give): add to a copy
  return target;
}

void BackwardContext::give(size_t i, const Tensor& gradient) {
  if (!needs(i)) return;
  const Tape::Edge& e = edge(i);
  if (in_ops_) {
    Tensor* slot = e.leaf ? nullptr : &tape_.lists_.adjoints[size_t(e.node)];
    if (e.leaf) {
      for (auto& [leaf, sum] : *tape_.leaf_gradients_)
        if (leaf.same_as(e.leaf)) slot = &sum;
      if (!slot) slot = &tape_.leaf_gradients_->emplace_back(e.leaf, Tensor()).second;
    }
    *slot = *slot ? elbow::add(*slot, gradient) : gradient;
    return;
  }
  if (!e.leaf && !tape_.lists_.adjoints[size_t(e.node)]) {
    tape_.lists_.adjoints[size_t(e.node)] = gradient;
    return;
  }
  bool add = false;
  Tensor& target = target_of(i, add);
  if (add)
    add_in_place(target, gradient);
  else
    target.copy_(gradient);
}

NoGrad::NoGrad() : before_(std::exchange(grad_enabled, false)) {}
NoGrad::~NoGrad() { grad_enabled = before_; }
EnableGrad::EnableGrad() : before_(std::exchange(grad_enabled, true)) {}
EnableGrad::~EnableGrad() { grad_enabled = before_; }

void set_check_nan(bool on) { nan_checks = on; }
bool check_nan() { return nan_checks.load(std::memory_order_relaxed); }

void require_finite(const Tensor& t, const char* where, const char* what) {
  if (!t) return;
  dispatch(t.dtype(), [&]<class T>() {
    const T* p = t.data<T>();
    for (int64_t i = 0; i < t.numel(); ++i)
      if (!std::isfinite(p[i])) fail(where, p[i], " in its ", what, " of shape ", t.shape(), ", element ", i);
  });
}

}  // namespace elbow

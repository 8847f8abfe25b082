#include "autograd/backward_context.hpp"

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "autograd/ops.hpp"

namespace elbow {
namespace {

// target += source, both dense and of one shape.
void add_in_place(Tensor& target, const Tensor& source) {
  if (target.device() != Device::cpu) return backend(target.device()).add(source, target);
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

BackwardContext::BackwardContext(Tape& tape, int32_t node, Tensor dy)
    : tape_(tape), node_(node), dy_(std::move(dy)) {
  if (!tape.request_) return;
  const Tape::Node& n = *tape.lists_.nodes[size_t(node)];
  const auto edges = tape.lists_.edges.begin() + n.first_edge;
  const auto saved = tape.lists_.saved.begin() + n.first_saved;
  edges_.assign(edges, edges + n.n_edges);
  saved_.assign(saved, saved + n.n_saved);
}

const Tape::Edge& BackwardContext::edge(size_t i) const {
  if (tape_.request_) return edges_[i];
  return tape_.lists_.edges[tape_.lists_.nodes[size_t(node_)]->first_edge + i];
}

size_t BackwardContext::inputs() const { return tape_.lists_.nodes[size_t(node_)]->n_edges; }

bool BackwardContext::needs(size_t i) const {
  const Tape::Edge& e = edge(i);
  return tape_.request_ ? tape_.leads_to(e, *tape_.request_) : e.node >= 0 || e.leaf;
}

const Tensor& BackwardContext::saved(size_t i) const {
  const Tape::Node& node = *tape_.lists_.nodes[size_t(node_)];
  if (i >= node.n_saved)
    fail("backward", node.rule->name, " reads saved tensor ", i, ", and its forward saved ", node.n_saved);
  const Tape::Saved& saved = tape_.request_ ? saved_[i] : tape_.lists_.saved[node.first_saved + i];
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
  if (!needs(i))
    fail("backward", tape_.lists_.nodes[size_t(node_)]->rule->name, " writes the gradient of input ", i,
         ", which needs none: ask needs(", i, ") first");
  Tensor& target = e.leaf ? e.leaf.body()->grad : tape_.lists_.adjoints[size_t(e.node)];
  add = bool(target) && !(e.leaf && std::exchange(e.leaf.body()->grad_is_zero, false));
  if (!target)
    target = Tensor::empty(e.shape, e.dtype, e.device);
  else if (!e.leaf && shared(target))
    target = copy_of(target);  // somebody else holds this gradient as well (see give): add to a copy
  return target;
}

void BackwardContext::give_in_ops(const Tape::Edge& e, const Tensor& gradient) {
  Tensor* slot = e.leaf ? nullptr : &tape_.lists_.adjoints[size_t(e.node)];
  if (e.leaf)
    for (auto& [leaf, sum] : tape_.request_->leaves)
      if (leaf.same_as(e.leaf)) slot = &sum;
  *slot = *slot ? elbow::add(*slot, gradient) : gradient;
}

void BackwardContext::give(size_t i, const Tensor& gradient) {
  if (!needs(i)) return;
  const Tape::Edge& e = edge(i);
  if (!(gradient.shape() == e.shape) || gradient.dtype() != e.dtype)
    fail("backward", tape_.lists_.nodes[size_t(node_)]->rule->name, " gives input ", i, " of ",
         name_of(e.dtype), " ", e.shape, " a gradient of ", name_of(gradient.dtype()), " ", gradient.shape());
  if (tape_.request_) return give_in_ops(e, gradient);
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

}  // namespace elbow

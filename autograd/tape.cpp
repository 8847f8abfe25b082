#include "autograd/tape.hpp"

#include <atomic>
#include <cstdlib>
#include <iostream>

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "autograd/backward_context.hpp"
#include "autograd/checks.hpp"
#include "autograd/memory.hpp"
#include "autograd/profile.hpp"

namespace elbow {
namespace {

thread_local Tape* innermost = nullptr;
thread_local bool grad_enabled = true;

uint64_t next_serial() {
  static std::atomic<uint64_t> count{0};
  return ++count;
}

}  // namespace

Tape::Lists& Tape::spare_lists() {
  thread_local Lists spare;
  return spare;
}

Tape::Tape() : serial_(next_serial()), outer_(innermost), owner_(std::this_thread::get_id()) {
  std::swap(lists_, spare_lists());
  innermost = this;
}

Tape::~Tape() {
  if (owner_ != std::this_thread::get_id()) {
    std::cerr << "[Tape] destroyed by another thread than the one that made it\n";
    std::abort();
  }
  clear();
  Tape** link = &innermost;
  while (*link != this) link = &(*link)->outer_;  // one step, unless an inner tape outlives this one
  *link = outer_;
  std::swap(lists_, spare_lists());
}

Tape& Tape::current(const char* asker) {
  if (!innermost) fail(asker, "there is no tape: make one (`Tape tape;`) before the computation");
  return *innermost;
}

Tape* Tape::recording(const char* op, ops::Inputs in) {
  if (!innermost || !grad_enabled) return nullptr;
  bool any = false;
  for (size_t i = 0; i < in.size(); ++i) {
    const Tensor::Body& b = *in[i].body();
    if (b.node >= 0 && b.tape != innermost->serial_)
      fail(op, "input ", i, " of shape ", b.shape,
           " was computed on another tape, or one that has been used: recompute it or detach() it");
    any = any || b.requires_grad || b.node >= 0;
  }
  return any ? innermost : nullptr;
}

void Tape::record(const OpRule& rule, const void* op, ops::Inputs in, const Tensor* saved, size_t n_saved,
                  Tensor& output) {
  // All that may throw comes first: what follows leaves a whole node, or none.
  const auto room = [](auto& list, size_t more) {
    if (list.capacity() < list.size() + more) list.reserve(2 * (list.size() + more));
  };
  room(lists_.nodes, 1);
  room(lists_.edges, in.size());
  room(lists_.saved, n_saved);
  Node* node = static_cast<Node*>(pool_allocate(sizeof(Node)));
  try {
    rule.copy(op, node->op);
  } catch (...) {
    pool_release(node, sizeof(Node));
    throw;
  }
  node->rule = &rule;
  node->first_edge = uint32_t(lists_.edges.size());
  node->n_edges = uint32_t(in.size());
  node->first_saved = uint32_t(lists_.saved.size());
  node->n_saved = uint32_t(n_saved);
  for (size_t i = 0; i < in.size(); ++i) {
    const Tensor& x = in[i];
    lists_.edges.push_back(
        {x.body()->node, x.body()->dtype, x.body()->device, x.requires_grad() ? x : Tensor(), x.shape()});
  }
  for (size_t i = 0; i < n_saved; ++i)
    lists_.saved.push_back({saved[i], saved[i] ? saved[i].body()->storage->version : 0});
  output.body()->node = int32_t(lists_.nodes.size());
  output.body()->tape = serial_;
  lists_.nodes.push_back(node);
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
    fail(asker,
         "the root's tape has been used or cleared: run the forward pass again, or keep it (Graph::keep)");
  if (!seed && root.numel() != 1)
    fail(asker, "the root has shape ", root.shape(), ": reduce it to one number, or pass a seed of that shape");
  if (seed && (!(seed.shape() == root.shape()) || seed.dtype() != root.dtype()))
    fail(asker, "the seed is ", name_of(seed.dtype()), " ", seed.shape(), " and the root ",
         name_of(root.dtype()), " ", root.shape());
}

// What a node saved is let go as soon as it has been used.
void Tape::let_go(const Node& node) {
  for (uint32_t s = 0; s < node.n_saved; ++s) lists_.saved[node.first_saved + s].tensor = Tensor();
}

// The heart of reverse-mode autodiff: from the root back to the first node, each op turns the gradient of its
// output into gradients of its inputs.
void Tape::run(const Tensor& root, const Tensor& seed, Graph graph) {
  const int32_t last = root.body()->node;
  lists_.adjoints.clear();
  lists_.adjoints.resize(size_t(last) + 1);
  lists_.adjoints[size_t(last)] = seed ? seed : Tensor::ones(root.shape(), root.dtype(), root.device());
  for (int32_t i = last; i >= 0; --i) {
    // gradient() reads the adjoints when it is done
    Tensor& adjoint = lists_.adjoints[size_t(i)];
    Tensor dy = request_ ? adjoint : std::exchange(adjoint, Tensor());
    if (!dy) continue;  // the root does not depend on this node
    if (request_ && !request_->on_the_way[size_t(i)]) continue;
    const Node& node = *lists_.nodes[size_t(i)];
    const Timed timed(node.rule->name, Work::backward);
    BackwardContext context(*this, i, std::move(dy));
    if (request_) {
      node.rule->backward_in_ops(node.op, context);
      continue;
    }
    const DeviceWork named(node.rule->name);
    kernel_of(*node.rule, context.dy().device(), &OpRule::backward, &DeviceKernels::backward)(node.op, context);
    for (size_t k = 0; checking() && k < node.n_edges; ++k)
      if (context.needs(k)) check(context.gradient_of(k), node.rule->name, "gradient");
    if (graph == Graph::release) let_go(node);
  }
}

void Tape::backward(const Tensor& root, const Tensor& seed, Graph graph) {
  const Timed timed("tape", Work::beside);
  check_root(root, seed, "backward");
  NoGrad no_grad;
  try {
    run(root, seed, graph);
  } catch (...) {
    clear();
    throw;
  }
  if (graph == Graph::release)
    clear();
  else
    lists_.adjoints.clear();
}

bool Tape::leads_to(const Edge& edge, const Request& request) const {
  if (edge.node >= 0)
    return size_t(edge.node) < request.on_the_way.size() && request.on_the_way[size_t(edge.node)];
  for (const auto& [leaf, gradient] : request.leaves)
    if (edge.leaf && leaf.same_as(edge.leaf)) return true;
  return false;
}

// Which nodes up to `last` lead to one of the inputs: a node is on the way when one of its inputs is, and inputs are
// earlier nodes.
Tape::Request Tape::request_for(const std::vector<Tensor>& inputs, int32_t last) const {
  Request request;
  request.on_the_way.resize(size_t(last) + 1);
  for (const Tensor& input : inputs) {
    if (!input) fail("gradient", "with respect to an undefined tensor");
    const Tensor::Body& body = *input.body();
    if (body.requires_grad) request.leaves.emplace_back(input, Tensor());
    if (body.node >= 0 && body.tape == serial_ && body.node <= last)
      request.on_the_way[size_t(body.node)] = true;
  }
  for (int32_t i = 0; i <= last; ++i) {
    const Node& node = *lists_.nodes[size_t(i)];
    for (uint32_t k = 0; k < node.n_edges && !request.on_the_way[size_t(i)]; ++k)
      if (leads_to(lists_.edges[node.first_edge + k], request)) request.on_the_way[size_t(i)] = true;
  }
  return request;
}

std::vector<Tensor> Tape::gradient(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed) {
  check_root(root, seed, "gradient");
  if (innermost != this) fail("gradient", "a tape made later is alive: its ops would be recorded on that one");
  Request request = request_for(inputs, root.body()->node);
  EnableGrad recorded;
  request_ = &request;
  try {
    run(root, seed, Graph::keep);
  } catch (...) {
    request_ = nullptr;
    lists_.adjoints.clear();
    throw;
  }
  request_ = nullptr;
  std::vector<Tensor> gradients;
  for (const Tensor& input : inputs) {
    Tensor found;
    const int32_t node = input.body()->node;
    if (node >= 0 && input.body()->tape == serial_ && size_t(node) < lists_.adjoints.size())
      found = lists_.adjoints[size_t(node)];
    for (const auto& [leaf, gradient] : request.leaves)
      if (leaf.same_as(input)) found = gradient;
    gradients.push_back(found ? found : Tensor::zeros(input.shape(), input.dtype(), input.device()));
  }
  lists_.adjoints.clear();
  return gradients;
}

void Tape::print(std::ostream& out) const {
  size_t total = 0;
  for (size_t i = 0; i < lists_.nodes.size(); ++i) {
    const Node& node = *lists_.nodes[i];
    size_t bytes = 0;
    for (uint32_t s = 0; s < node.n_saved; ++s)
      if (const Tensor& t = lists_.saved[node.first_saved + s].tensor)
        bytes += size_t(t.numel()) * bytes_of(t.dtype());
    out << '#' << i << ' ' << node.rule->name << '(';
    for (uint32_t k = 0; k < node.n_edges; ++k) {
      const Edge& e = lists_.edges[node.first_edge + k];
      out << (k ? ", " : "");
      if (e.node >= 0)
        out << '#' << e.node;
      else
        out << (e.leaf ? "leaf" : "constant");
      out << ' ' << e.shape;
    }
    out << ") saves " << bytes << " bytes\n";
    total += bytes;
  }
  out << lists_.nodes.size() << " nodes; saved tensors: " << total
      << " bytes (one that several nodes save is counted by each)\n";
}

void Tape::print() const { print(std::cout); }

NoGrad::NoGrad() : before_(std::exchange(grad_enabled, false)) {}
NoGrad::~NoGrad() { grad_enabled = before_; }
EnableGrad::EnableGrad() : before_(std::exchange(grad_enabled, true)) {}
EnableGrad::~EnableGrad() { grad_enabled = before_; }

}  // namespace elbow

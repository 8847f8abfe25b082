#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {

class BackwardContext;

/// What the tape must know of an op, one object per op type.
struct OpRule {
  const char* name;
  /// Adds to the gradients of the inputs, by fused kernels.
  void (*backward)(const void* op, BackwardContext& context);
  /// The same, written in ops, so that the gradient can be differentiated again; null when there is no such
  /// form.
  void (*backward_in_ops)(const void* op, BackwardContext& context);
  /// Destroys the op that the node holds.
  void (*destroy)(void* op);
};

/// The list of the ops that were applied, in order: a node's inputs are always earlier nodes, so a backward
/// pass is one loop from the end to the start. An op records itself when a tape is alive, gradients are not
/// switched off and one of its inputs is tracked. While it lives, a tape is the current one of its thread;
/// tapes may be nested.
///
///     Tape tape;
///     Tensor loss = mean(square(sub(matmul(x, w), y)));
///     tape.backward(loss);        // w.grad() now holds d loss / d w
///
class Tape {
 public:
  static constexpr size_t op_bytes = 96;  // room that a node has for the op's settings

  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// The innermost living tape of this thread; throws, naming `asker`, when there is none.
  static Tape& current(const char* asker);
  /// The tape that an op with these inputs must record itself on, or null.
  static Tape* recording(const char* op, const Tensor* const* inputs, size_t n);

  /// Adds d root / d leaf to the grad() of every leaf that requires one, then forgets the nodes. The root is a
  /// scalar, unless `seed` (of the root's shape) gives the gradient to start from. Throws when the root was not
  /// computed on this tape, or the tape has been used already, or a tensor that an op saved has been written to
  /// since.
  void backward(const Tensor& root, const Tensor& seed = {});

  /// The gradients of `root` with respect to `inputs` as new tensors, recorded on this tape, so that they can
  /// be differentiated again (create_graph in PyTorch). Throws for an op whose backward is not written in ops.
  /// An input that root does not depend on gets zeros.
  std::vector<Tensor> gradient(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed = {});

  /// Forgets all nodes; tensors computed so far become constants of the past.
  void clear();
  size_t nodes() const { return lists_.nodes.size(); }

  /// Used by ops: appends a node for `output`. The op's settings are copied into the node.
  template <class Op>
  void record(const OpRule& rule, const Op& op, const Tensor* const* inputs, size_t n_inputs,
              const Tensor* saved, size_t n_saved, Tensor& output) {
    static_assert(sizeof(Op) <= op_bytes && alignof(Op) <= alignof(std::max_align_t));
    Node& node = append(rule, inputs, n_inputs, saved, n_saved, output);
    new (node.op) Op(op);
  }

 private:
  friend class BackwardContext;
  struct Edge {  // one input: an earlier node, or a leaf, or a constant
    int32_t node;
    Tensor leaf;  // undefined unless it is a leaf that requires a gradient
    Shape shape;
  };
  struct Saved {
    Tensor tensor;
    uint32_t version;  // of its storage when it was saved
  };
  struct Node {
    const OpRule* rule;
    uint32_t first_edge, n_edges, first_saved, n_saved;
    alignas(std::max_align_t) std::byte op[op_bytes];
  };
  // The lists keep their capacity from one tape of a thread to the next, so that a tape for each step costs
  // nothing.
  struct Lists {
    std::vector<Node*> nodes;  // from the pool; they stay where they are when the list grows
    std::vector<Edge> edges;
    std::vector<Saved> saved;
    std::vector<Tensor> adjoints;  // d root / d node, of each node
  };
  static Lists& spare_lists();

  Node& append(const OpRule& rule, const Tensor* const* inputs, size_t n_inputs, const Tensor* saved,
               size_t n_saved, Tensor& output);
  void check_root(const Tensor& root, const Tensor& seed, const char* asker) const;
  void run(const Tensor& root, const Tensor& seed, bool in_ops);
  static Tensor start(const Tensor& root, const Tensor& seed);

  Lists lists_;
  std::vector<std::pair<Tensor, Tensor>>* leaf_gradients_ =
      nullptr;       // where gradient() collects those of leaves
  uint64_t serial_;  // changes with each clear()
  Tape* outer_;
};

/// Where an op writes the gradient of one input: set the elements, or add to them when `add` is set.
template <class T> struct GradientTarget {
  T* data;
  bool add;
};

/// What an op's backward sees: the gradient of its output, what it saved, and where its inputs' gradients go.
class BackwardContext {
 public:
  /// d root / d output.
  const Tensor& dy() const { return dy_; }
  /// The i-th tensor that the forward saved.
  const Tensor& saved(size_t i) const;
  size_t inputs() const;
  /// Whether input i is on the way to a leaf; the gradient of one that is not may be left out.
  bool needs(size_t i) const;
  const Shape& shape_of_input(size_t i) const { return edge(i).shape; }
  /// Memory for the gradient of input i.
  template <class T> GradientTarget<T> into(size_t i) {
    bool add = false;
    Tensor& target = target_of(i, add);
    return {target.template data<T>(), add};
  }
  /// Hands over a whole gradient of input i: it is taken as it is, or added to what is there.
  void give(size_t i, const Tensor& gradient);

 private:
  friend class Tape;
  BackwardContext(Tape& tape, int32_t node, Tensor dy, bool in_ops);
  const Tape::Edge& edge(size_t i) const;
  Tensor& target_of(size_t i, bool& add);
  const Tensor& gradient_of(size_t i) const;  // what has been gathered of it so far

  Tape& tape_;
  int32_t node_;
  Tensor dy_;
  bool in_ops_;
  // A backward that is written in ops records these on the tape while it runs, whose lists may move as they
  // grow: it sees copies of the node's part of them.
  std::vector<Tape::Edge> edges_;
  std::vector<Tape::Saved> saved_;
};

/// While one lives, nothing is recorded on this thread: for evaluation.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// With it on, every op and every gradient is searched for NaN and infinity, and the first one to make any from
/// finite inputs is an error that names it (--check-nan). Off at first.
void set_check_nan(bool on);
bool check_nan();
/// Throws when `t` has a NaN or an infinity; `where` names the op, `what` the tensor ("output", ...).
void require_finite(const Tensor& t, const char* where, const char* what);

}  // namespace elbow

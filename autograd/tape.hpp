#pragma once
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <thread>
#include <vector>

#include "autograd/op_rule.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// What Tape::backward does with the nodes when it is done.
enum class Graph : uint8_t {
  release,  ///< forgets them, and frees what they hold on the way
  keep      ///< leaves them for a second backward (retain_graph in PyTorch)
};

/// The list of the ops that were applied, in order: a node's inputs are always earlier nodes, so a backward
/// pass is one loop from the end to the start. An op records itself when a tape is alive, gradients are not
/// switched off and one of its inputs is tracked. While it lives, a tape is the current one of its thread;
/// tapes may be nested.
///
///     Tape tape;
///     Tensor loss = mean(square(matmul(x, w) - y));
///     tape.backward(loss);        // w.grad() now holds d loss / d w
///
/// A tape lives on the stack, in the thread that made it. One that is destroyed before a tape made later just leaves
/// the nest; one that is destroyed by another thread ends the program with a message.
class [[nodiscard]] Tape {
 public:
  static constexpr size_t op_bytes = 160;  // room that a node has for the op's settings

  Tape();
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  static void* operator new(size_t) = delete;
  static void* operator new[](size_t) = delete;

  /// The innermost living tape of this thread; throws, naming `asker`, when there is none.
  static Tape& current(const char* asker);
  /// The tape that an op with these inputs must record itself on, or null.
  static Tape* recording(const char* op, ops::Inputs in);

  /// Adds d root / d leaf to the grad() of every leaf that requires one. The root is a scalar, unless `seed` (of the
  /// root's shape) gives the gradient to start from. Throws when the root was not computed on this tape, or the tape
  /// has been used already, or a tensor that an op saved has been written to since; the tape is then empty.
  void backward(const Tensor& root, const Tensor& seed = {}, Graph graph = Graph::release);

  /// The gradients of `root` with respect to `inputs` as new tensors, recorded on this tape, so that they can
  /// be differentiated again (create_graph in PyTorch). grad() of leaves is left alone. An input that root does not
  /// depend on gets zeros.
  std::vector<Tensor> gradient(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed = {});

  /// Forgets all nodes. What was computed so far can no longer be an input of a recorded op (an error that says so):
  /// detach() it, or compute it again.
  void clear();
  size_t nodes() const { return lists_.nodes.size(); }

  /// Prints one line for each node: its number, op, inputs (nodes, leaves, constants) with shapes, and the bytes it
  /// keeps alive; then the sum.
  void print(std::ostream& out) const;
  void print() const;  ///< to std::cout

  /// Used by apply_op: appends a node for `output`, with a copy of the op.
  void record(const OpRule& rule, const void* op, ops::Inputs in, const Tensor* saved, size_t n_saved,
              Tensor& output);

 private:
  friend class BackwardContext;
  struct Edge {  // one input: an earlier node, or a leaf, or a constant
    int32_t node;
    DType dtype;
    Device device;
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
  // The lists keep their capacity from one tape of a thread to the next, so that a tape for each step
  // allocates nothing.
  struct Lists {
    std::vector<Node*> nodes;  // from the pool; they stay where they are when the list grows
    std::vector<Edge> edges;
    std::vector<Saved> saved;
    std::vector<Tensor> adjoints;  // d root / d node, of each node
  };
  // What gradient() collects while it runs: see there.
  struct Request {
    std::vector<std::pair<Tensor, Tensor>> leaves;  // each requested leaf, and its gradient
    std::vector<bool> on_the_way;                   // whether a node leads to a requested input
  };
  static Lists& spare_lists();

  void check_root(const Tensor& root, const Tensor& seed, const char* asker) const;
  void run(const Tensor& root, const Tensor& seed, Graph graph);
  Request request_for(const std::vector<Tensor>& inputs, int32_t last) const;
  bool leads_to(const Edge& edge, const Request& request) const;
  void let_go(const Node& node);

  Lists lists_;
  Request* request_ = nullptr;  // while gradient() runs
  uint64_t serial_;             // changes with each clear()
  Tape* outer_;
  std::thread::id owner_;
};

/// While one lives, nothing is recorded on this thread: for evaluation.
class [[nodiscard]] NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

/// While one lives, ops are recorded on this thread's tape also within a NoGrad: for a training inside an evaluation.
class EnableGrad {
 public:
  EnableGrad();
  ~EnableGrad();
  EnableGrad(const EnableGrad&) = delete;
  EnableGrad& operator=(const EnableGrad&) = delete;

 private:
  bool before_;
};

}  // namespace elbow

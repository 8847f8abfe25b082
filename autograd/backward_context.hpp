#pragma once
#include <utility>
#include <vector>

#include "autograd/tape.hpp"

namespace elbow {

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
  /// The i-th tensor that the forward saved. Throws when it saved fewer, or when it has been written to since.
  const Tensor& saved(size_t i) const;
  /// How many inputs the op was applied to.
  size_t inputs() const;
  /// Whether input i is on the way to what is differentiated; the gradient of one that is not may be left out.
  bool needs(size_t i) const;
  const Shape& shape_of_input(size_t i) const { return edge(i).shape; }
  DType dtype_of_input(size_t i) const { return edge(i).dtype; }
  Device device_of_input(size_t i) const { return edge(i).device; }
  /// Memory for the gradient of input i. Throws unless needs(i).
  template <Element T> GradientTarget<T> into(size_t i) {
    bool add = false;
    Tensor& target = target_of(i, add);
    return {target.template data<T>(), add};
  }
  /// The same as a tensor, for the kernels of a device.
  struct Target {
    Tensor& tensor;
    bool add;
  };
  Target target(size_t i) {
    bool add = false;
    Tensor& tensor = target_of(i, add);
    return {tensor, add};
  }
  /// Hands over a whole gradient of input i: it is taken as it is, or added to what is there. Does nothing unless
  /// needs(i).
  void give(size_t i, const Tensor& gradient);

 private:
  friend class Tape;
  BackwardContext(Tape& tape, int32_t node, Tensor dy);
  const Tape::Edge& edge(size_t i) const;
  Tensor& target_of(size_t i, bool& add);
  void give_in_ops(const Tape::Edge& edge, const Tensor& gradient);
  const Tensor& gradient_of(size_t i) const;  // what has been gathered of it so far

  Tape& tape_;
  int32_t node_;
  Tensor dy_;
  // A backward that is written in ops records these on the tape while it runs, whose lists may move as they
  // grow: it sees copies of the node's entries.
  std::vector<Tape::Edge> edges_;
  std::vector<Tape::Saved> saved_;
};

}  // namespace elbow

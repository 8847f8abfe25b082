#pragma once
#include "autograd/op_rule.hpp"

namespace elbow {

/// While one lives, it is told of each op that its thread applies, recorded on a tape or not: to write a computation down in another
/// form (autograd/onnx/trace.hpp). Of two, the inner one is told.
class OpObserver {
 public:
  OpObserver() : outer_(innermost_) { innermost_ = this; }
  virtual ~OpObserver() { innermost_ = outer_; }
  OpObserver(const OpObserver&) = delete;
  OpObserver& operator=(const OpObserver&) = delete;

  /// `y` is the output of the op for these inputs.
  virtual void applied(const OpRule& rule, const void* op, ops::Inputs in, const Tensor& y) = 0;
  /// That of this thread, or null.
  static OpObserver* current() { return innermost_; }

 private:
  static inline thread_local OpObserver* innermost_ = nullptr;
  OpObserver* outer_;
};

}  // namespace elbow

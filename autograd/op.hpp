#pragma once
/// What an op file includes. An op is one file, autograd/ops/NAME.cpp:
///
///   #if ELBOW_DECLARATIONS                    its public function: the build copies this to autograd/ops.hpp
///   /// What it does, shapes, errors.
///   Tensor NAME(const Tensor& x);
///   #endif
///
///   namespace elbow::ops {
///   struct Name : Unary { ... };              its formulas or kernels, and samples() to test it with
///   }  // namespace elbow::ops
///
///   elbow::Tensor elbow::NAME(const Tensor& x) { return ops::apply(ops::Name{}, x); }
///   ELBOW_OP(NAME, Name)
///
/// docs/adding-an-op.md walks through one, and says how to write one in a program of one's own. `make op OP=NAME` tries one.
/// The kinds of op:
///
///   Unary, Binary, Ternary  element-wise: a formula and its derivatives over a value type V; everything else (shapes,
///                           broadcasting, SIMD, CUDA, derivatives of every order) is done for it. elementwise.hpp
///   LinearOp                a linear map of one tensor, and its adjoint. linear_op.hpp
///   Op                      its own shape(), forward(), backward(), backward_in_ops() and reference(). Below
///
/// The settings of an op (a slope, axes, ...) are the members of its struct.
#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backward_context.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/simd.hpp"
#include "autograd/onnx/node.hpp"
#include "autograd/op_rule.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "autograd/tensor.hpp"

namespace elbow::ops {

/// What an op's forward sees: its inputs, its output to be filled, and save(), which keeps a tensor for the
/// backward.
class ForwardContext {
 public:
  ForwardContext(Inputs in, Tensor& y, bool recording) : in(in), y(y), recording(recording) {}
  const Inputs in;
  Tensor& y;
  const bool recording;  ///< whether a backward may follow: if not, there is no need to save
  /// Keeps a tensor until the backward. Throws beyond the fifth.
  void save(const Tensor& t) {
    if (!recording) return;
    if (n_saved_ == max_saved) fail("op", "an op saves at most ", max_saved, " tensors");
    saved_[n_saved_++] = t;
  }
  /// The elements of input i, to be written in place. The public function of such an op takes that tensor by a reference
  /// that is not const.
  template <Element T> T* write(size_t i, const char* op) { return written(i, op).data<T>(); }
  /// The same as a tensor, for the kernels of a device.
  Tensor written(size_t i, const char* op) {
    Tensor t = in[i];
    t.mark_written(op);
    return t;
  }
  const Tensor* saved() const { return saved_; }
  size_t n_saved() const { return n_saved_; }

 private:
  static constexpr size_t max_saved = 5;
  Tensor saved_[max_saved];
  size_t n_saved_ = 0;
};

/// Base of the ops that are not element-wise. Members to write:
///
///   static constexpr auto name = "...", doc = "..."
///   Shape shape(Inputs in) const                           checks the inputs, gives the shape of the output
///   template <class T> void forward(ForwardContext&) const
///   template <class T> void backward(BackwardContext&) const
///   void backward_in_ops(BackwardContext&) const           the same, written in ops: autograd/ops.hpp
///   template <class T> void device_forward(ForwardContext&) const      the same kernels for the GPU:
///   template <class T> void device_backward(BackwardContext&) const    backend/cuda/kernels.hpp
///   void reference(Inputs in, double* y) const             plain loops over float64 inputs, to test against
///   void onnx(OnnxNode& node) const                        how to write it as ONNX, if it has a form there: onnx/node.hpp
///   static void samples(Samples<Self>& s)                  how to try it
///
/// Beside the gradient kernels, backward_in_ops makes the gradient differentiable again; it calls the functions of
/// autograd/ops.hpp.
struct Op {
  static constexpr int arity = -1;  // any; shape() checks
  /// An op that says false here has no derivative, is not recorded, and needs no backward.
  static constexpr bool differentiable = true;
};

/// Throws unless there are `n` inputs, and names the op.
inline void require_inputs(const char* op, Inputs in, size_t n) {
  if (in.size() != n) fail(op, "takes ", n, " tensors, not ", in.size());
}

/// Applies an op: checks the inputs, runs the forward kernel and records the op on the tape.
Tensor apply_op(const OpRule& rule, const void* op, Inputs in);

/// The table of an op type.
template <class O> const OpRule& rule_of();

template <class O, class... Tensors> Tensor apply(const O& op, const Tensors&... tensors) {
  static_assert(O::arity < 0 || O::arity == int(sizeof...(tensors)),
                "an op is applied to as many tensors as it has inputs");
  const Tensor* in[] = {&tensors...};
  return apply_op(rule_of<O>(), &op, Inputs{in, sizeof...(tensors)});
}

}  // namespace elbow::ops

#include "autograd/kernels/elementwise.hpp"
#include "autograd/samples.hpp"

#include "autograd/kernels/op_kernels.hpp"

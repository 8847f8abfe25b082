#pragma once
#include "autograd/tensor.hpp"

// What the rest of the library knows of an op: a table of functions, one table for each type of op. Everything that is
// not about one op in particular (apply_op, the tape, the tests) is compiled once, against this table.
namespace elbow {

class BackwardContext;
class OnnxNode;

namespace ops {

/// The tensors that an op is applied to.
struct Inputs {
  const Tensor* const* tensors;
  size_t count;
  const Tensor& operator[](size_t i) const { return *tensors[i]; }
  size_t size() const { return count; }
};

class ForwardContext;

}  // namespace ops

/// The kernels of an op on a device. They are compiled apart (backend/cuda), and put here when the device is first used; until
/// then, and for an op without any, they are null.
struct DeviceKernels {
  void (*forward)(const void* op, ops::ForwardContext& context);
  void (*backward)(const void* op, BackwardContext& context);
};

namespace ops {
/// Those of an op type.
template <class O> inline DeviceKernels device_kernels{};
}  // namespace ops

/// One object for each type of op, made by ops::rule_of. The first argument of each function is the op: its settings.
struct OpRule {
  const char* name;
  int arity;  ///< how many tensors an element-wise op takes; -1: the op's shape() checks
  /// Checks the shapes of the inputs and makes the output: unset memory, or a view of an input.
  Tensor (*output)(const void* op, ops::Inputs in);
  /// Fills the output and saves what the backward reads.
  void (*forward)(const void* op, ops::ForwardContext& context);
  /// Adds to the gradients of the inputs, by fused kernels. Null: the derivative is 0 or undefined everywhere, and the
  /// op is not recorded.
  void (*backward)(const void* op, BackwardContext& context);
  /// The same written in ops, so that the gradient can be differentiated again.
  void (*backward_in_ops)(const void* op, BackwardContext& context);
  /// Writes it as operators of ONNX (onnx/node.hpp). Null: it has no form there.
  void (*onnx)(const void* op, OnnxNode& node);
  const DeviceKernels* device;  ///< the same two on the GPU
  /// The tape keeps a copy of the op.
  void (*copy)(const void* op, void* to);
  void (*destroy)(void* op);
  size_t bytes;  ///< of the op; at most Tape::op_bytes
};

/// The kernel of an op on the CPU or the device; throws where the device has none.
template <class Context>
auto kernel_of(const OpRule& rule, Device device, void (*OpRule::*on_cpu)(const void*, Context&),
               void (*DeviceKernels::*on_device)(const void*, Context&)) {
  if (device == Device::cpu) return rule.*on_cpu;
  if (!(rule.device->*on_device)) fail(rule.name, "has no kernels for ", name_of(device));
  return rule.device->*on_device;
}

}  // namespace elbow

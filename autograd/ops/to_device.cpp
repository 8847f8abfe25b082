#include "autograd/backend/backend.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// A copy on another device, or on the same. Throws when the device is not there.
Tensor to_device(const Tensor& x, Device device);
#endif

namespace elbow::ops {

struct ToDevice : Op {
  static constexpr auto name = "to_device", doc = "a copy on another device";
  Device device = Device::cpu;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    return in[0].shape();
  }
  Tensor output(Inputs in) const { return Tensor::empty(shape(in), in[0].dtype(), device); }
  template <class T> void forward(ForwardContext& c) const { copy_elements(c.in[0], c.y); }
  template <class T> void backward(BackwardContext& c) const { backward_in_ops(c); }
  void backward_in_ops(BackwardContext& c) const { c.give(0, c.dy().to(c.device_of_input(0))); }
  template <class T> void device_forward(ForwardContext& c) const { copy_elements(c.in[0], c.y); }
  template <class T> void device_backward(BackwardContext& c) const { backward_in_ops(c); }
  void reference(Inputs in, double* y) const { std::copy_n(in[0].data<double>(), in[0].numel(), y); }
  static void samples(Samples<ToDevice>& s) {
    s.add({s.in({3, 5})});
    s.refuse({}, {s.in({3}), s.in({3})}, "takes 1 tensors, not 2");
    s.benchmark({}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::to_device(const Tensor& x, Device device) {
  ops::ToDevice op;
  op.device = device;
  return ops::apply(op, x);
}
ELBOW_OP(to_device, ToDevice)

#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x repeated along the axes where its size is 1 or missing, to that shape; x itself when it has it already. Throws when x does
/// not broadcast to it.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
#endif

namespace elbow::ops {

struct BroadcastTo : Op {
  static constexpr auto name = "broadcast_to",
                        doc = "the tensor repeated along the axes where its size is 1 or missing";
  Shape target;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    if (!(elbow::broadcast(in[0].shape(), target, name) == target))
      fail(name, "shape ", in[0].shape(), " does not broadcast to ", target);
    return target;
  }
  template <class T> void forward(ForwardContext& c) const {
    repeat_to_shape(c.in[0].template data<T>(), c.in[0].shape(), c.y.template data<T>(), target, false);
  }
  template <class T> void backward(BackwardContext& c) const {
    auto [dx, add] = c.template into<T>(0);
    sum_to_shape(c.dy().template data<T>(), target, dx, c.shape_of_input(0), add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    cuda::repeat_to_shape<T>(c.in[0], c.in[0].shape(), cuda::Target(c.y), target);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    cuda::sum_to_shape<T>(c.dy(), target, cuda::Target(c.target(0)), c.shape_of_input(0));
  }
  void backward_in_ops(BackwardContext& c) const { c.give(0, sum_to(c.dy(), c.shape_of_input(0))); }
  void reference(Inputs in, double* y) const {
    if (target.numel() == 0) return;
    const BroadcastWalk<1> walk(target, {&in[0].shape()});
    for (int64_t row = 0; row < walk.rows(); ++row)
      for (int64_t i = 0; i < walk.inner_size(); ++i)
        y[row * walk.inner_size() + i] = in[0].data<double>()[walk.offsets(row)[0] + i * walk.inner_stride(0)];
  }
  void onnx(OnnxNode& node) const { node.is(node.add("Expand", {node.in(0), node.sizes_value()})); }
  static void samples(Samples<BroadcastTo>& s) {
    s.add(BroadcastTo{{}, {3, 4}}, {s.in({4})}, "to [3,4]")
        .add(BroadcastTo{{}, {3, 4}}, {s.in({3, 1})}, "to [3,4]");
    s.add(BroadcastTo{{}, {2, 3}}, {s.in({})}, "to [2,3]");
    s.refuse(BroadcastTo{{}, {3}}, {s.in({3, 4})}, "do not broadcast");
    s.refuse(BroadcastTo{{}, {1, 3}}, {s.in({2, 3})}, "does not broadcast to");
    s.benchmark(BroadcastTo{{}, {64, 512}}, {s.in({512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::broadcast_to(const Tensor& x, const Shape& shape) {
  return x && x.shape() == shape ? x : ops::apply(ops::BroadcastTo{{}, shape}, x);
}
ELBOW_OP(broadcast_to, BroadcastTo)

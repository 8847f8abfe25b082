#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x summed over the axes along which that shape would be broadcast to x's: the adjoint of broadcast_to; x itself when it has
/// the shape already. Throws when the shape does not broadcast to x's.
Tensor sum_to(const Tensor& x, const Shape& shape);
#endif

namespace elbow::ops {

struct SumTo : Op {
  static constexpr auto name = "sum_to",
                        doc = "the sum over all axes along which the target shape would be broadcast";
  Shape target;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    if (!(elbow::broadcast(in[0].shape(), target, name) == in[0].shape()))
      fail(name, "the target ", target, " does not broadcast to the input's shape ", in[0].shape());
    return target;
  }
  template <class T> void forward(ForwardContext& c) const {
    sum_to_shape(c.in[0].template data<T>(), c.in[0].shape(), c.y.template data<T>(), target, false);
  }
  template <class T> void backward(BackwardContext& c) const {
    auto [dx, add] = c.template into<T>(0);
    repeat_to_shape(c.dy().template data<T>(), target, dx, c.shape_of_input(0), add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    cuda::sum_to_shape<T>(c.in[0], c.in[0].shape(), c.y, target);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    cuda::repeat_to_shape<T>(c.dy(), target, c.target(0), c.shape_of_input(0));
  }
  void backward_in_ops(BackwardContext& c) const { c.give(0, broadcast_to(c.dy(), c.shape_of_input(0))); }
  void reference(Inputs in, double* y) const {
    for (int64_t i = 0; i < target.numel(); ++i) y[i] = 0;
    if (in[0].numel() == 0) return;
    const BroadcastWalk<1> walk(in[0].shape(), {&target});
    for (int64_t row = 0; row < walk.rows(); ++row)
      for (int64_t i = 0; i < walk.inner_size(); ++i)
        y[walk.offsets(row)[0] + i * walk.inner_stride(0)] += in[0].data<double>()[row * walk.inner_size() + i];
  }
  static void samples(Samples<SumTo>& s) {
    s.add(SumTo{{}, {4}}, {s.in({3, 4})}, "to [4]").add(SumTo{{}, {3, 1}}, {s.in({3, 4})}, "to [3,1]");
    s.add(SumTo{{}, {}}, {s.in({2, 3, 4})}, "to []").add(SumTo{{}, {3, 1}}, {s.in({2, 3, 4})}, "to [3,1]");
    s.refuse(SumTo{{}, {3}}, {s.in({3, 4})}, "do not broadcast");
    s.refuse(SumTo{{}, {2, 3}}, {s.in({3})}, "does not broadcast to");
    s.benchmark(SumTo{{}, {512}}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::sum_to(const Tensor& x, const Shape& shape) {
  return x && x.shape() == shape ? x : ops::apply(ops::SumTo{{}, shape}, x);
}
ELBOW_OP(sum_to, SumTo)

#include <algorithm>

#include "autograd/alias.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The elements of x, which are shared, under another shape. Throws when it has another number of them.
Tensor reshape(const Tensor& x, const Shape& shape);
#endif

namespace elbow::ops {

struct Reshape : Op {
  static constexpr auto name = "reshape", doc = "the same elements under another shape; shares the storage";
  Shape target;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    if (in[0].numel() != target.numel())
      fail(name, "shape ", in[0].shape(), " has ", in[0].numel(), " elements and ", target, " has ",
           target.numel());
    return target;
  }
  /// The output is a view of the input, so there is nothing left for forward to do.
  Tensor output(Inputs in) const { return alias(in[0], shape(in)); }
  template <class T> void forward(ForwardContext&) const {}
  template <class T> void backward(BackwardContext& c) const { c.give(0, alias(c.dy(), c.shape_of_input(0))); }
  template <class T> void device_forward(ForwardContext&) const {}
  template <class T> void device_backward(BackwardContext& c) const { backward<T>(c); }
  void backward_in_ops(BackwardContext& c) const { c.give(0, reshape(c.dy(), c.shape_of_input(0))); }
  void reference(Inputs in, double* y) const {
    for (int64_t i = 0; i < in[0].numel(); ++i) y[i] = in[0].data<double>()[i];
  }
  void onnx(OnnxNode& node) const {
    const std::vector<int64_t> sizes = node.sizes();  // ONNX takes one -1, and finds it from the others
    const bool open = std::count(sizes.begin(), sizes.end(), -1) > 1;
    node.is(node.add("Reshape", {node.in(0), open ? node.sizes_value() : node.constant(sizes)}));
  }
  static void samples(Samples<Reshape>& s) {
    s.add(Reshape{{}, {5, 3}}, {s.in({3, 5})}, "to [5,3]")
        .add(Reshape{{}, {2, 2, 3}}, {s.in({12})}, "to [2,2,3]");
    s.refuse(Reshape{{}, {4, 4}}, {s.in({3, 5})}, "15 elements");
    s.benchmark(Reshape{{}, {512, 64}}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::reshape(const Tensor& x, const Shape& shape) {
  return ops::apply(ops::Reshape{{}, shape}, x);
}
ELBOW_OP(reshape, Reshape)

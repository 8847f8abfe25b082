#pragma once
#include "autograd/alias.hpp"
#include "autograd/axes.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"

namespace elbow::ops {

/// sum and mean differ by a factor, one over the number of elements that are added up.
template <class Self, bool average> struct SumOrMean : Op {
  Axes axes;
  bool keep = false;

  Shape shape(Inputs in) const {
    require_inputs(Self::name, in, 1);
    return axes.reduced(in[0].shape(), keep, Self::name);
  }
  double factor(const Shape& x) const {
    return average ? double(axes.reduced(x, true, Self::name).numel()) / double(x.numel()) : 1;
  }
  template <class T> void forward(ForwardContext& c) const {
    const Shape& x = c.in[0].shape();
    T* y = c.y.template data<T>();
    sum_to_shape(c.in[0].template data<T>(), x, y, axes.reduced(x, true, Self::name), false);
    const T share = T(factor(x));
    if (average)
      for (int64_t i = 0; i < c.y.numel(); ++i) y[i] *= share;
  }
  template <class T> void backward(BackwardContext& c) const {
    const Shape& x = c.shape_of_input(0);
    Tensor dy = c.dy();
    if (average) {
      dy = copy_of(dy);
      const T share = T(factor(x));
      for (int64_t i = 0; i < dy.numel(); ++i) dy.template data<T>()[i] *= share;
    }
    auto [dx, add] = c.template into<T>(0);
    repeat_to_shape(dy.template data<T>(), axes.reduced(x, true, Self::name), dx, x, add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Shape& x = c.in[0].shape();
    cuda::sum_to_shape<T>(c.in[0], x, c.y, axes.reduced(x, true, Self::name), factor(x));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Shape& x = c.shape_of_input(0);
    cuda::repeat_to_shape<T>(c.dy(), axes.reduced(x, true, Self::name), c.target(0), x, factor(x));
  }
  void backward_in_ops(BackwardContext& c) const {
    const Shape& x = c.shape_of_input(0);
    const Tensor scale = Tensor::full({}, factor(x), c.dy().dtype(), c.dy().device());
    c.give(0, broadcast_to(mul(reshape(c.dy(), axes.reduced(x, true, Self::name)), scale), x));
  }
  void reference(Inputs in, double* y) const {
    const AxisRows rows(in[0].shape(), axes, Self::name);
    const auto x = rows.gather(in[0]).to_vector<double>();
    for (int64_t r = 0; r < rows.rows(); ++r) {
      y[r] = 0;
      for (int64_t i = 0; i < rows.length(); ++i) y[r] += x[size_t(r * rows.length() + i)];
      if (average) y[r] /= double(rows.length());
    }
  }
  void onnx(
      OnnxNode& node) const {  // the axes of ReduceSum became an input before those of the other reductions
    const std::vector<int64_t> over = axes.numbers(node.input(0).shape(), Self::name);
    const OnnxAttribute kept{"keepdims", int64_t(keep)};
    node.is(average ? node.add("ReduceMean", {node.in(0)}, {kept, {"axes", over}})
                    : node.add("ReduceSum", {node.in(0), node.constant(over)}, {kept}));
  }
  static void samples(Samples<Self>& s) {
    const auto over = [](Axes a, bool keep) {
      Self op;
      op.axes = a;
      op.keep = keep;
      return op;
    };
    s.add(over({}, false), {s.in({3, 5})}, "all axes").add(over({0}, false), {s.in({3, 5})}, "axis 0");
    s.add(over({-1}, true), {s.in({3, 5})}, "axis -1, kept")
        .add(over({0, 2}, false), {s.in({2, 3, 4})}, "axes 0, 2");
    s.add(over({1}, false), {s.in({2, 3, 4})}, "axis 1");
    s.refuse(over({2}, false), {s.in({3, 5})}, "axis 2")
        .refuse(over({0, -2}, false), {s.in({3, 5})}, "named twice");
    s.benchmark(over({0}, false), {s.in({64, 512})}, "axis 0");
    s.benchmark(over({1}, false), {s.in({64, 512})}, "axis 1");
  }
};

/// The public function of both.
template <class O> Tensor sum_or_mean(const Tensor& x, const Axes& axes, bool keep) {
  O op;
  op.axes = axes;
  op.keep = keep;
  return apply(op, x);
}

}  // namespace elbow::ops

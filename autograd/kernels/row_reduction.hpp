#pragma once
#include "autograd/axes.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

namespace elbow::ops {

/// Base of the reductions that look at all elements of a row at once (a row: the elements of the reduced axes).
/// Members to write:
///
///   template <class T> T reduce(int64_t n, const T* x) const                      one row to one number
///   template <class T> void slope(int64_t n, const T* x, T y, T dy, T* dx) const  its gradient
///   template <class T, class X> ELBOW_DEVICE T reduce_row(block, n, X x) const    the same two on the GPU, by all threads of a
///   template <class T, class X, class Y>                                          block: x(k) is element k, dx(k, v) sets one
///   ELBOW_DEVICE void slope_row(block, n, X x, T y, T dy, Y dx) const
///   Tensor slope_in_ops(const Tensor& x, const Tensor& y, const Tensor& dy) const  the same written in ops, where y and dy
///                                                                                  have the axes kept, with size 1
///   double plain(int64_t n, const double* x) const                                the reference loop
///   static constexpr auto onnx_reduction = "..."                                   what ONNX calls it, if it knows it
///
template <class Self> struct RowReduction : Op {
  Axes axes;
  bool keep = false;

  Shape shape(Inputs in) const {
    require_inputs(Self::name, in, 1);
    if (AxisRows(in[0].shape(), axes, Self::name).length() == 0)
      fail(Self::name, "of no elements: the input has shape ", in[0].shape());
    return axes.reduced(in[0].shape(), keep, Self::name);
  }
  template <class T> void forward(ForwardContext& c) const {
    const AxisRows rows(c.in[0].shape(), axes, Self::name);
    const Tensor x = rows.gather(c.in[0]);
    const T* px = x.template data<T>();  // [rows, length]
    T* y = c.y.template data<T>();       // [rows]
    const int64_t n = rows.length();
    parallel_for(rows.rows(), x.numel(), [&](int64_t r) { y[r] = self().reduce(n, px + r * n); });
    c.save(c.in[0]);
    c.save(c.y);
  }
  template <class T> void backward(BackwardContext& c) const {
    const AxisRows rows(c.shape_of_input(0), axes, Self::name);
    const Tensor input = rows.gather(c.saved(0));
    const T* x = input.template data<T>();       // [rows, length]
    const T* y = c.saved(1).template data<T>();  // [rows]
    const T* dy = c.dy().template data<T>();     // [rows]
    Tensor gradient = Tensor::empty({rows.rows(), rows.length()}, c.dy().dtype());
    T* g = gradient.template data<T>();  // [rows, length]
    const int64_t n = rows.length();
    parallel_for(rows.rows(), gradient.numel(),
                 [&](int64_t r) { self().slope(n, x + r * n, y[r], dy[r], g + r * n); });
    auto [dx, add] = c.template into<T>(0);
    rows.template scatter<T>(g, dx, add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const RowView view = AxisRows(c.in[0].shape(), axes, Self::name).view();
    const auto x = cuda::in<T>(c.in[0]);  // of the input's shape
    const Self op = self();
    cuda::write_rows<T>(view.rows.count, view.elements.count, c.y,
                        [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
                          const int64_t base = view.rows[r];
                          const auto element = [&](int64_t k) { return T(x[base + view.elements[k]]); };
                          return op.template reduce_row<T>(block, view.elements.count, element);
                        });
    c.save(c.in[0]);
    c.save(c.y);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const RowView view = AxisRows(c.shape_of_input(0), axes, Self::name).view();
    const auto x = cuda::in<T>(c.saved(0));        // of the input's shape
    const auto y = cuda::in<T>(c.saved(1));        // [rows]
    const auto dy = cuda::in<T>(c.dy());           // [rows]
    const auto dx = cuda::output<T>(c.target(0));  // of the input's shape
    const Self op = self();
    cuda::for_rows(view.rows.count, view.elements.count, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const int64_t base = view.rows[r];
      const auto element = [&](int64_t k) { return T(x[base + view.elements[k]]); };
      const auto set = [&](int64_t k, T v) { dx.set(base + view.elements[k], v); };
      op.template slope_row<T>(block, view.elements.count, element, T(y[r]), T(dy[r]), set);
    });
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor& x = c.saved(0);
    const Shape kept = axes.reduced(x.shape(), true, Self::name);
    c.give(0, self().slope_in_ops(x, reshape(c.saved(1), kept), reshape(c.dy(), kept)));
  }
  void reference(Inputs in, double* y) const {
    const AxisRows rows(in[0].shape(), axes, Self::name);
    const Tensor x = rows.gather(in[0]);
    for (int64_t r = 0; r < rows.rows(); ++r)
      y[r] = self().plain(rows.length(), x.data<double>() + r * rows.length());
  }
  void onnx(OnnxNode& node) const requires(requires { Self::onnx_reduction; }) {
    node.is(node.add(Self::onnx_reduction, {node.in(0)},
                     {{"keepdims", int64_t(keep)}, {"axes", axes.numbers(node.input(0).shape(), Self::name)}}));
  }
  static void samples(Samples<Self>& s) {
    const auto over = [](Axes a, bool keep) {
      Self op;
      op.axes = a;
      op.keep = keep;
      return op;
    };
    const auto in = [&](const Shape& shape) { return s.in(shape).distinct(); };
    s.add(over({}, false), {in({3, 5})}, "all axes").add(over({0}, false), {in({3, 5})}, "axis 0");
    s.add(over({-1}, true), {in({3, 37})}, "axis -1, kept")
        .add(over({0, 2}, false), {in({2, 3, 4})}, "axes 0, 2");
    s.refuse(over({2}, false), {s.in({3, 5})}, "axis 2")
        .refuse(over({0}, false), {s.in({0, 5})}, "no elements");
    s.benchmark(over({1}, false), {s.in({64, 512})});
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

/// The free function of such an op.
template <class O> Tensor reduce_rows(O op, const Tensor& x, const Axes& axes, bool keep) {
  op.axes = axes;
  op.keep = keep;
  return apply(op, x);
}

/// Base of amax and amin: the gradient goes to the elements that equal y, the extreme of their row, in even shares. Members to
/// write: reduce(), reduce_row() and plain(), see RowReduction.
template <class Self> struct RowExtreme : RowReduction<Self> {
  template <class T> void slope(int64_t n, const T* x, T y, T dy, T* dx) const {
    const auto is_it = [=](auto v) {
      using V = decltype(v);
      return select(v == V(y), V(1), V(0));
    };
    const T share =
        dy / simd::sum_of<T>(n, is_it, x);  // none equals a NaN: then all gradients are 0 / 0, NaN as well
    simd::map<T>(
        n, dx, false, [=](auto v) { return is_it(v) * decltype(v)(share); }, x);
  }
  template <class T, class X, class Y>
  ELBOW_DEVICE void slope_row(const cuda::Block& block, int64_t n, X x, T y, T dy, Y dx) const {
    const auto is_it = [&](int64_t k) { return x(k) == y ? T(1) : T(0); };
    const T share = dy / block.template sum_of<T>(n, is_it);
    for (int64_t k = block.thread; k < n; k += block.threads) dx(k, is_it(k) * share);
  }
  Tensor slope_in_ops(const Tensor& x, const Tensor& y, const Tensor& dy) const {
    const Tensor is_it = equal(x, y);
    return mul(is_it, div(dy, sum(is_it, this->axes, /*keep=*/true)));
  }
};

}  // namespace elbow::ops

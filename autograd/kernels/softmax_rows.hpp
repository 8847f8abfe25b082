#pragma once
#include <cmath>

#include "autograd/alias.hpp"
#include "autograd/axes.hpp"
#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/math.hpp"
#include "autograd/kernels/simd.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

// What the ops with a softmax in them do to one row of n > 0 numbers. Nothing overflows: the largest is taken away first.
namespace elbow::ops {

/// log(sum of e^x).
template <class T> T logsumexp_of(int64_t n, const T* x) {
  const T top = simd::max_of<T>(n, x);
  if (!std::isfinite(top)) return top;  // all -inf, or a +inf, or a NaN
  return top + std::log(simd::sum_of<T>(
                   n, [=](auto v) { return exp(v - decltype(v)(top)); }, x));
}

/// y = e^x / sum of e^x.
template <class T> void softmax_of(int64_t n, const T* x, T* y) {
  const T top = simd::max_of<T>(n, x);
  simd::map<T>(
      n, y, false, [=](auto v) { return exp(v - decltype(v)(top)); }, x);
  const T scale = T(1) / simd::sum_of<T>(
                             n, [](auto v) { return v; }, y);
  simd::map<T>(
      n, y, false, [=](auto v) { return v * decltype(v)(scale); }, y);
}

/// log(sum of e^x(k)) by the threads of a block on the GPU.
template <class T, class X> ELBOW_DEVICE T logsumexp_row(const cuda::Block& block, int64_t n, const X& x) {
  const T top = block.template max_of<T>(n, x);
  if (!std::isfinite(top)) return top;
  return top + log(block.template sum_of<T>(n, [&](int64_t k) { return exp(x(k) - top); }));
}

/// Base of softmax and log_softmax: each row (the elements along one axis) becomes a row of the same length. Members
/// to write:
///
///   template <class T> static void normalise(int64_t n, const T* x, T* y)
///   template <class T> static void slope(int64_t n, const T* y, const T* dy, T* dx)
///   template <class T, class X, class Y>                              the same two on the GPU, by all threads of a block:
///   ELBOW_DEVICE static void normalise_row(block, n, X x, Y y)        x(k) is element k, y(k, v) sets one
///   template <class T, class X, class G, class Y>
///   ELBOW_DEVICE static void slope_row(block, n, X y, G dy, Y dx)
///   static Tensor slope_in_ops(const Tensor& y, const Tensor& dy, int axis)     the same written in ops
///   static double plain(double x, double log_sum)
///   static constexpr auto onnx_rows = "..."                           what ONNX calls it
///
template <class Self> struct SoftmaxRows : Op {
  int axis = -1;

  Shape shape(Inputs in) const {
    require_inputs(Self::name, in, 1);
    if (AxisRows(in[0].shape(), axis, Self::name).length() == 0)
      fail(Self::name, "over no elements: the input has shape ", in[0].shape());
    return in[0].shape();
  }
  template <class T> void forward(ForwardContext& c) const {
    const AxisRows rows(c.in[0].shape(), axis, Self::name);
    const Tensor x = rows.gather(c.in[0]);
    Tensor y = rows.in_order() ? alias(c.y, x.shape()) : Tensor::empty(x.shape(), x.dtype());
    const T* px = x.template data<T>();  // [rows, length]
    T* py = y.template data<T>();        // [rows, length]
    const int64_t n = rows.length();
    parallel_for(rows.rows(), x.numel(), [&](int64_t r) { Self::normalise(n, px + r * n, py + r * n); });
    if (!rows.in_order()) rows.template scatter<T>(py, c.y.template data<T>(), false);
    c.save(c.y);
  }
  template <class T> void backward(BackwardContext& c) const {
    const AxisRows rows(c.shape_of_input(0), axis, Self::name);
    const Tensor output = rows.gather(c.saved(0)), dy = rows.gather(c.dy());
    Tensor gradient = Tensor::empty(dy.shape(), dy.dtype());
    const T* y = output.template data<T>();  // [rows, length]
    const T* g = dy.template data<T>();      // [rows, length]
    T* out = gradient.template data<T>();    // [rows, length]
    const int64_t n = rows.length();
    parallel_for(rows.rows(), dy.numel(),
                 [&](int64_t r) { Self::slope(n, y + r * n, g + r * n, out + r * n); });
    auto [dx, add] = c.template into<T>(0);
    rows.template scatter<T>(out, dx, add);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const RowView view = AxisRows(c.y.shape(), axis, Self::name).view();
    const auto x = cuda::in<T>(c.in[0]);  // of the input's shape, as all are
    const auto y = cuda::output<T>(c.y);
    cuda::for_rows(view.rows.count, view.elements.count, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const int64_t base = view.rows[r];
      const auto element = [&](int64_t k) { return T(x[base + view.elements[k]]); };
      const auto set = [&](int64_t k, T v) { y.set(base + view.elements[k], v); };
      Self::template normalise_row<T>(block, view.elements.count, element, set);
    });
    c.save(c.y);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const RowView view = AxisRows(c.dy().shape(), axis, Self::name).view();
    const auto y = cuda::in<T>(c.saved(0));  // of the input's shape, as all are
    const auto dy = cuda::in<T>(c.dy());
    const auto dx = cuda::output<T>(c.target(0));
    cuda::for_rows(view.rows.count, view.elements.count, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const int64_t base = view.rows[r];
      const auto output = [&](int64_t k) { return T(y[base + view.elements[k]]); };
      const auto gradient = [&](int64_t k) { return T(dy[base + view.elements[k]]); };
      const auto set = [&](int64_t k, T v) { dx.set(base + view.elements[k], v); };
      Self::template slope_row<T>(block, view.elements.count, output, gradient, set);
    });
  }
  void backward_in_ops(BackwardContext& c) const { c.give(0, Self::slope_in_ops(c.saved(0), c.dy(), axis)); }
  void reference(Inputs in, double* y) const {
    const AxisRows rows(in[0].shape(), axis, Self::name);
    const Tensor x = rows.gather(in[0]);
    Tensor out = Tensor::empty(x.shape(), DType::float64);
    for (int64_t i = 0; i < x.numel(); ++i) {
      const int64_t row = i / rows.length() * rows.length();
      double sum = 0;
      for (int64_t k = 0; k < rows.length(); ++k) sum += std::exp(x.data<double>()[row + k]);
      out.data<double>()[i] = Self::plain(x.data<double>()[i], std::log(sum));
    }
    rows.scatter(out.data<double>(), y, false);
  }
  void onnx(OnnxNode& node) const {
    node.is(node.add(Self::onnx_rows, {node.in(0)}, {{"axis", int64_t(axis)}}));
  }
  static void samples(Samples<Self>& s) {
    const auto along = [](int axis) {
      Self op;
      op.axis = axis;
      return op;
    };
    s.add(along(-1), {s.in({3, 37})}, "axis -1").add(along(0), {s.in({3, 5})}, "axis 0");
    s.add(along(1), {s.in({2, 3, 4})}, "axis 1");
    s.refuse(along(2), {s.in({3, 5})}, "axis 2").refuse(along(1), {s.in({3, 0})}, "no elements");
    s.benchmark(along(-1), {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

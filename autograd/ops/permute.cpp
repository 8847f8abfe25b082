#include <array>
#include <utility>

#include "autograd/kernels/axis_view.hpp"
#include "autograd/kernels/transpose_copy.hpp"
#include "autograd/linear_op.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The axes in another order: axis i of y is axis axes[i] of x, counted from the back when negative. A copy, as all tensors
/// are dense. Throws unless each axis of x is named once.
Tensor permute(const Tensor& x, const std::vector<int>& axes);
/// Two axes swapped: of a matrix [m, n], the transpose [n, m].
Tensor transpose(const Tensor& x, int a = -2, int b = -1);
#endif

namespace elbow::ops {

struct Permute : LinearOp<Permute> {
  static constexpr auto name = "permute", doc = "the axes of a tensor in another order";
  std::array<int8_t, Shape::max_rank> axes{};
  int count = 0;

  static Permute of(const std::vector<int>& axes) {
    Permute op;
    if (axes.size() > op.axes.size()) fail(name, "at most ", op.axes.size(), " axes, not ", axes.size());
    for (int a : axes) op.axes[size_t(op.count++)] = int8_t(a);
    return op;
  }
  /// For each axis of the output, the axis of the input.
  std::array<int, Shape::max_rank> order(const Shape& in) const {
    if (count != in.rank()) fail(name, count, " axes for a tensor of shape ", in);
    std::array<int, Shape::max_rank> from{};
    std::array<bool, Shape::max_rank> seen{};
    for (int i = 0; i < count; ++i) {
      const int a = in.axis(axes[size_t(i)], name);
      if (std::exchange(seen[size_t(a)], true))
        fail(name, "axis ", a, " of a tensor of shape ", in, " is named twice");
      from[size_t(i)] = a;
    }
    return from;
  }
  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    const auto from = order(x);
    Shape out;
    for (int i = 0; i < count; ++i) out.push_back(x[from[size_t(i)]]);
    return out;
  }

  /// The copy as nested loops over the output's axes, those that stay together in the input made one.
  struct Loops {
    int rank = 0;
    std::array<int64_t, Shape::max_rank> sizes{}, from{}, to{};  // to, from: how far apart neighbours lie
    int64_t total = 1;
  };
  /// `order`: for each axis of y, that of x.
  static Loops loops_of(const Shape& x, const std::array<int, Shape::max_rank>& order) {
    std::array<int64_t, Shape::max_rank> stride{};
    Loops loops;
    for (int i = x.rank() - 1; i >= 0; --i) {
      stride[size_t(i)] = loops.total;
      loops.total *= x[i];
    }
    size_t n = 0;
    for (int i = 0; i < x.rank(); ++i) {
      const int64_t size = x[order[size_t(i)]], step = stride[size_t(order[size_t(i)])];
      if (size == 1) continue;
      if (n > 0 && loops.from[n - 1] == step * size) {
        loops.sizes[n - 1] *= size;
        loops.from[n - 1] = step;
      } else {
        loops.sizes[n] = size;
        loops.from[n++] = step;
      }
    }
    int64_t dense = 1;
    for (size_t i = n; i-- > 0; dense *= loops.sizes[i]) loops.to[i] = dense;
    loops.rank = int(n);
    return loops;
  }
  template <class T> static void copy(const Loops& loops, const T* x, T* y) {
    if (loops.total == 0) return;
    if (loops.rank < 2) return copy_or_add(x, loops.total, y, false);
    // Two axes are copied at once: the last one of y, and the one before it, or where the last one is not also the last of
    // x, the one that is.
    const size_t last = size_t(loops.rank - 1);
    const bool rows = loops.from[last] == 1;
    size_t other = last - 1;
    for (size_t i = 0; !rows && i < last; ++i)
      if (loops.from[i] == 1) other = i;
    const int64_t n = loops.sizes[last], m = loops.sizes[other];
    parallel_for(loops.total / (n * m), loops.total, [&, x, y](int64_t block) {
      const T* from = x;  // [n, m] or [m, n], a block of x
      T* to = y;          // [m, n], a block of y
      for (size_t i = last; i-- > 0;) {
        if (i == other) continue;
        from += block % loops.sizes[i] * loops.from[i];
        to += block % loops.sizes[i] * loops.to[i];
        block /= loops.sizes[i];
      }
      if (!rows) return transpose_copy(n, m, from, loops.from[last], to, loops.to[other]);
      for (int64_t i = 0; i < m; ++i)
        copy_or_add(from + i * loops.from[other], n, to + i * loops.to[other], false);
    });
  }

  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    copy(loops_of(in, order(in)), x, y);
  }
  /// The loops of the adjoint, from y of shape `out` back to x of shape `in`.
  Loops loops_back(const Shape& out, const Shape& in) const {
    const auto forwards = order(in);
    std::array<int, Shape::max_rank> back{};
    for (int i = 0; i < count; ++i) back[size_t(forwards[size_t(i)])] = i;
    return loops_of(out, back);
  }
  template <class T> void adjoint(const Shape& out, const T* dy, const Shape& in, T* dx, bool add) const {
    const Loops loops = loops_back(out, in);
    if (!add) return copy(loops, dy, dx);
    Tensor gradient = Tensor::empty(in, dtype_of<T>);
    copy(loops, dy, gradient.template data<T>());
    copy_or_add(gradient.template data<T>(), in.numel(), dx, true);
  }
  template <class T> static void device_copy(const Loops& loops, const Tensor& x, cuda::Target y) {
    const auto from = cuda::in<T>(x);  // sizes of y, `loops.from` apart
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
      int64_t at = 0;
      for (int a = loops.rank - 1; a >= 0; --a) {
        at += i % loops.sizes[size_t(a)] * loops.from[size_t(a)];
        i /= loops.sizes[size_t(a)];
      }
      return from[at];
    });
  }
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    device_copy<T>(loops_of(x.shape(), order(x.shape())), x, y);
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    device_copy<T>(loops_back(dy.shape(), dx.tensor.shape()), dy, dx);
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape(), out = shape(in);
    const auto from = order(x);
    for (int64_t i = 0; i < out.numel(); ++i) {
      std::array<int64_t, Shape::max_rank> at{};  // the indices of the element in x
      int64_t rest = i, element = 0;
      for (int k = out.rank() - 1; k >= 0; --k) {
        at[size_t(from[size_t(k)])] = rest % out[k];
        rest /= out[k];
      }
      for (int k = 0; k < x.rank(); ++k) element = element * x[k] + at[size_t(k)];
      y[i] = in[0].data<double>()[element];
    }
  }
  void onnx(OnnxNode& node) const {
    const auto from = order(node.input(0).shape());
    node.is(node.add("Transpose", {node.in(0)},
                     {{"perm", std::vector<int64_t>(from.begin(), from.begin() + count)}}));
  }
  static void samples(Samples<Permute>& s) {
    s.add(of({1, 0}), {s.in({3, 4})}, "the transpose").add(of({1, 0}), {s.in({37, 19})}, "the transpose");
    s.add(of({0, 2, 1}), {s.in({2, 3, 4})}, "axes 0, 2, 1")
        .add(of({1, 0, 2}), {s.in({2, 3, 4})}, "axes 1, 0, 2");
    s.add(of({2, 0, 1}), {s.in({2, 3, 4})}, "axes 2, 0, 1")
        .add(of({-1, 1, 0}), {s.in({17, 2, 18})}, "axes -1, 1, 0");
    s.add(of({3, 1, 0, 2}), {s.in({2, 3, 1, 4})}, "axes 3, 1, 0, 2");
    s.add(of({4, 2, 0, 3, 1}), {s.in({2, 3, 2, 3, 2})}, "axes 4, 2, 0, 3, 1");
    s.add(of({0, 1}), {s.in({3, 4})}, "as they were")
        .add(of({}), {s.in({})}, "a scalar")
        .add(of({1, 0}), {s.in({0, 3})}, "empty");
    s.refuse(of({0, 1}), {s.in({2, 3, 4})}, "2 axes for a tensor of shape [2,3,4]");
    s.refuse(of({0, -2}), {s.in({3, 4})}, "axis 0 of a tensor of shape [3,4] is named twice");
    s.refuse(of({0, 2}), {s.in({3, 4})}, "axis 2");
    s.benchmark(of({1, 0}), {s.in({512, 512})}, "the transpose");
    s.benchmark(of({0, 2, 1, 3}), {s.in({32, 64, 8, 16})}, "heads");
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::permute(const Tensor& x, const std::vector<int>& axes) {
  return ops::apply(ops::Permute::of(axes), x);
}
elbow::Tensor elbow::transpose(const Tensor& x, int a, int b) {
  std::vector<int> axes(size_t(x.rank()));
  for (int i = 0; i < x.rank(); ++i) axes[size_t(i)] = i;
  std::swap(axes[size_t(x.shape().axis(a, "transpose"))], axes[size_t(x.shape().axis(b, "transpose"))]);
  return permute(x, axes);
}
ELBOW_OP(permute, Permute)

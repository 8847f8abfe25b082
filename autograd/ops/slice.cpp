#include "autograd/kernels/axis_view.hpp"
#include "autograd/linear_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The entries `first`, `first + step`, ... before `last` along an axis: 0 <= first <= last <= the axis's size, 1 <= step;
/// throws otherwise. x(Range(first, last), all) says the same with fewer rules: autograd/range.hpp.
Tensor slice(const Tensor& x, int axis, int64_t first, int64_t last, int64_t step = 1);
#endif

namespace elbow::ops {

struct Slice : LinearOp<Slice> {
  static constexpr auto
      name = "slice",
      doc = "the part of a tensor from index `first` to before `last` along an axis, each or every step-th";
  int axis = 0;
  int64_t first = 0, last = 0, step = 1;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    Shape out = in[0].shape();
    const int a = out.axis(axis, name);
    if (first < 0 || last < first || last > out[a])
      fail(name, "[", first, ", ", last, ") of axis ", a, " of a tensor of shape ", out);
    if (step < 1) fail(name, "a step of ", step, ": it must be at least 1");
    out[a] = taken();
    return out;
  }
  /// How many entries are taken along the axis.
  int64_t taken() const { return (last - first + step - 1) / step; }
  /// f(begin in x, begin in y, length) for each run of elements that lie side by side in both; x [outer, size, inner],
  /// y [outer, taken, inner].
  template <class F> void for_each_run(const Shape& in, F f) const {
    const AxisView x(in, in.axis(axis, name));
    const int64_t runs = step == 1 ? 1 : taken(), length = step == 1 ? taken() * x.inner : x.inner;
    for (int64_t o = 0; o < x.outer; ++o)
      for (int64_t r = 0; r < runs; ++r)
        f((o * x.size + first + r * step) * x.inner, (o * runs + r) * length, length);
  }
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    for_each_run(in, [=](int64_t from, int64_t to, int64_t n) { copy_or_add(x + from, n, y + to, false); });
  }
  template <class T> void adjoint(const Shape&, const T* dy, const Shape& in, T* dx, bool add) const {
    if (!add) std::fill_n(dx, in.numel(), T(0));
    for_each_run(in, [=](int64_t to, int64_t from, int64_t n) { copy_or_add(dy + from, n, dx + to, true); });
  }
  /// y [outer, taken, inner]; dy likewise, dx [outer, size, inner].
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    const AxisView v(x.shape(), x.shape().axis(axis, name));
    const auto from = cuda::in<T>(x);  // [outer, size, inner]
    const int64_t n = taken(), size = v.size, inner = v.inner, first = this->first, step = this->step;
    cuda::write<T>(y, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t o = i / inner / n, j = i / inner % n, k = i % inner;
      return from[(o * size + first + j * step) * inner + k];
    });
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const AxisView v(dx.tensor.shape(), dx.tensor.shape().axis(axis, name));
    const auto from = cuda::in<T>(dy);  // [outer, taken, inner]
    const int64_t n = taken(), size = v.size, inner = v.inner, first = this->first, step = this->step;
    cuda::write<T>(dx, [=] ELBOW_DEVICE(int64_t i) {
      const int64_t o = i / inner / size, j = i / inner % size - first, k = i % inner;
      return j >= 0 && j % step == 0 && j / step < n ? from[(o * n + j / step) * inner + k] : T(0);
    });
  }
  void reference(Inputs in, double* y) const {
    const AxisView v(in[0].shape(), in[0].shape().axis(axis, name));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i = first; i < last; i += step)
        for (int64_t k = 0; k < v.inner; ++k) *y++ = in[0].data<double>()[(o * v.size + i) * v.inner + k];
  }
  void onnx(OnnxNode& node) const {
    const int64_t a = node.input(0).shape().axis(axis, name);
    if (node.sizes()[size_t(a)] < 0) fail(name, "along the rows has no form in ONNX");
    const auto whole = [&](int64_t n) { return node.constant(std::vector{n}); };
    node.is(node.add("Slice", {node.in(0), whole(first), whole(last), whole(a), whole(step)}));
  }
  static void samples(Samples<Slice>& s) {
    s.add(Slice{{}, 1, 1, 3}, {s.in({3, 4})}, "axis 1, [1, 3)")
        .add(Slice{{}, 0, 0, 2}, {s.in({3, 4})}, "axis 0, [0, 2)");
    s.add(Slice{{}, -2, 2, 2}, {s.in({2, 3, 2})}, "empty");
    s.add(Slice{{}, 1, 1, 6, 2}, {s.in({2, 7, 3})}, "axis 1, [1, 6) by 2")
        .add(Slice{{}, -1, 0, 7, 3}, {s.in({2, 7})}, "axis -1 by 3");
    s.refuse(Slice{{}, 1, 0, 4, 0}, {s.in({3, 4})}, "a step of 0");
    s.refuse(Slice{{}, 1, 2, 5}, {s.in({3, 4})}, "[2, 5)").refuse(Slice{{}, 1, 3, 2}, {s.in({3, 4})}, "[3, 2)");
    s.benchmark(Slice{{}, 1, 0, 64}, {s.in({64, 128})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::slice(const Tensor& x, int axis, int64_t first, int64_t last, int64_t step) {
  return ops::apply(ops::Slice{{}, axis, first, last, step}, x);
}
ELBOW_OP(slice, Slice)

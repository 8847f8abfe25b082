#include "autograd/axis_view.hpp"
#include "autograd/linear_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
Tensor slice(const Tensor& x, int axis, int64_t first, int64_t last);
#endif

namespace elbow::ops {

struct Slice : LinearOp<Slice> {
  static constexpr auto name = "slice",
                        doc = "the part of a tensor from index `first` to before `last` along an axis";
  int axis = 0;
  int64_t first = 0, last = 0;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    Shape out = in[0].shape();
    const int a = out.axis(axis, name);
    if (first < 0 || last < first || last > out[a])
      fail(name, "[", first, ", ", last, ") of axis ", a, " of a tensor of shape ", out);
    out[a] = last - first;
    return out;
  }
  /// x [outer, size, inner], y [outer, last - first, inner].
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    const AxisView whole(in, in.axis(axis, name));
    const int64_t n = (last - first) * whole.inner;
    for (int64_t o = 0; o < whole.outer; ++o)
      copy_or_add(x + (o * whole.size + first) * whole.inner, n, y + o * n, false);
  }
  template <class T> void adjoint(const Shape&, const T* dy, const Shape& in, T* dx, bool add) const {
    const AxisView whole(in, in.axis(axis, name));
    const int64_t n = (last - first) * whole.inner;
    if (!add) std::fill_n(dx, in.numel(), T(0));
    for (int64_t o = 0; o < whole.outer; ++o)
      copy_or_add(dy + o * n, n, dx + (o * whole.size + first) * whole.inner, true);
  }
  void reference(Inputs in, double* y) const {
    const AxisView v(in[0].shape(), in[0].shape().axis(axis, name));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i = first; i < last; ++i)
        for (int64_t k = 0; k < v.inner; ++k) *y++ = in[0].data<double>()[(o * v.size + i) * v.inner + k];
  }
  static void samples(Samples<Slice>& s) {
    s.add(Slice{{}, 1, 1, 3}, {s.in({3, 4})}, "axis 1, [1, 3)")
        .add(Slice{{}, 0, 0, 2}, {s.in({3, 4})}, "axis 0, [0, 2)");
    s.add(Slice{{}, -2, 2, 2}, {s.in({2, 3, 2})}, "empty");
    s.refuse(Slice{{}, 1, 2, 5}, {s.in({3, 4})}, "[2, 5)").refuse(Slice{{}, 1, 3, 2}, {s.in({3, 4})}, "[3, 2)");
    s.benchmark(Slice{{}, 1, 0, 64}, {s.in({64, 128})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::slice(const Tensor& x, int axis, int64_t first, int64_t last) {
  return ops::apply(ops::Slice{{}, axis, first, last}, x);
}
ELBOW_OP(slice, Slice)

#include "autograd/backend/cuda/gather.hpp"
#include "autograd/kernels/axis_view.hpp"
#include "autograd/linear_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The entries of x with those indices [n] along an axis, in that order. Throws for an index outside.
Tensor index_select(const Tensor& x, int axis, const Indices& indices);
/// The rows of a table [n, d] with those indices [...]: [..., d]. Throws for an index outside.
Tensor embedding(const Tensor& weight, const Indices& indices);
#endif

namespace elbow::ops {

struct IndexSelect : LinearOp<IndexSelect> {
  static constexpr auto name = "index_select",
                        doc = "the entries with the given indices along an axis, in that order";
  int axis = 0;
  Indices indices;  // [n]

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    Shape out = in[0].shape();
    const int a = out.axis(axis, name);
    if (indices.shape().rank() != 1) fail(name, "expects a list of indices, not the shape ", indices.shape());
    indices.require_below(out[a], name);
    out[a] = indices.numel();
    return out;
  }
  /// x [outer, size, inner], y [outer, indices, inner].
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    const AxisView v(in, in.axis(axis, name));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices) {
        copy_or_add(x + (o * v.size + i) * v.inner, v.inner, y, false);
        y += v.inner;
      }
  }
  template <class T> void adjoint(const Shape&, const T* dy, const Shape& in, T* dx, bool add) const {
    const AxisView v(in, in.axis(axis, name));
    if (!add) std::fill_n(dx, in.numel(), T(0));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices) {  // an index that occurs twice gets the sum of both gradients
        copy_or_add(dy, v.inner, dx + (o * v.size + i) * v.inner, true);
        dy += v.inner;
      }
  }
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    cuda::gather<T>(x, AxisView(x.shape(), x.shape().axis(axis, name)), indices.to_vector(), y);
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const Shape& in = dx.tensor.shape();
    cuda::scatter<T>(dy, AxisView(in, in.axis(axis, name)), indices.to_vector(), dx);
  }
  void reference(Inputs in, double* y) const {
    const AxisView v(in[0].shape(), in[0].shape().axis(axis, name));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices)
        for (int64_t k = 0; k < v.inner; ++k) *y++ = in[0].data<double>()[(o * v.size + i) * v.inner + k];
  }
  static void samples(Samples<IndexSelect>& s) {
    s.add(IndexSelect{{}, 0, {2, 0, 2}}, {s.in({3, 4})}, "axis 0, one index twice");
    s.add(IndexSelect{{}, 1, {3}}, {s.in({3, 4})}, "axis 1")
        .add(IndexSelect{{}, 1, {}}, {s.in({3, 4})}, "no index");
    s.refuse(IndexSelect{{}, 0, {3}}, {s.in({3, 4})}, "index 3")
        .refuse(IndexSelect{{}, 0, {-1}}, {s.in({3})}, "index -1");
    s.benchmark(IndexSelect{{}, 0, {5, 1, 60, 33, 5, 17}}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::index_select(const Tensor& x, int axis, const Indices& indices) {
  ops::IndexSelect op;
  op.axis = axis;
  op.indices = indices;
  return ops::apply(op, x);
}
elbow::Tensor elbow::embedding(const Tensor& weight, const Indices& indices) {
  if (weight.rank() != 2) fail("embedding", "expects a table [n, d], not ", weight.shape());
  indices.require_below(weight.size(0), "embedding");
  Shape shape = indices.shape();
  shape.push_back(weight.size(1));
  return reshape(index_select(weight, 0, indices.to_vector()), shape);
}
ELBOW_OP(index_select, IndexSelect)

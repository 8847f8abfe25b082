#include "autograd/backend/cuda/gather.hpp"
#include "autograd/kernels/axis_view.hpp"
#include "autograd/linear_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// y[i, j, ...] = x[index[i, j, ...], j, ...] along axis 0, and likewise along the others (torch.gather). The index has
/// x's rank and gives the shape of y. Throws for an index outside.
Tensor gather(const Tensor& x, int axis, const Indices& index);
#endif

namespace elbow::ops {

struct Gather : LinearOp<Gather> {
  static constexpr auto name = "gather",
                        doc = "for each element of an index, the element of x that it names along an axis";
  int axis = 0;
  Indices index;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    require_gatherable(in[0].shape(), in[0].shape().axis(axis, name), index, name);
    return index.shape();
  }
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    for_each_gathered(in, in.axis(axis, name), index, [&](int64_t from, int64_t to) { y[to] = x[from]; });
  }
  template <class T> void adjoint(const Shape&, const T* dy, const Shape& in, T* dx, bool add) const {
    if (!add) std::fill_n(dx, in.numel(), T(0));
    for_each_gathered(in, in.axis(axis, name), index, [&](int64_t to, int64_t from) { dx[to] += dy[from]; });
  }
  template <class T> void device_map(const Tensor& x, cuda::Target y) const {
    cuda::gather<T>(x, AxisView(x.numel()), gathered_elements(x.shape(), x.shape().axis(axis, name), index), y);
  }
  template <class T> void device_adjoint(const Tensor& dy, cuda::Target dx) const {
    const Shape& in = dx.tensor.shape();
    cuda::scatter<T>(dy, AxisView(in.numel()), gathered_elements(in, in.axis(axis, name), index), dx);
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape();
    const AxisView whole(x, x.axis(axis, name)), part(index.shape(), x.axis(axis, name));
    for (int64_t o = 0; o < part.outer; ++o)  // holds for samples whose index has x's size along the other axes
      for (int64_t i = 0; i < part.size; ++i)
        for (int64_t k = 0; k < part.inner; ++k, ++y)
          *y =
              in[0]
                  .data<double>()[(o * whole.size + index[(o * part.size + i) * part.inner + k]) * whole.inner +
                                  k];
  }
  static Gather along(int axis, const Indices& index) {
    Gather op;
    op.axis = axis;
    op.index = index;
    return op;
  }
  static void samples(Samples<Gather>& s) {
    s.add(along(0, {2, 0, 2}), {s.in({3})}, "one axis, an index twice");
    s.add(along(1, {{3, 0, 1, 1, 2, 2}, {3, 2}}), {s.in({3, 4})}, "axis 1");
    s.add(along(0, {{1, 0, 1, 1, 0, 0, 0, 1}, {2, 4}}), {s.in({2, 4})}, "axis 0");
    s.add(along(-2, {{0, 2, 1, 1}, {2, 1, 2}}), {s.in({2, 3, 2})}, "axis -2");
    s.refuse(along(0, {3}), {s.in({3})}, "index 3")
        .refuse(along(0, {1}), {s.in({3, 2})}, "an index of shape [1]");
    s.benchmark(along(1, {{5, 1, 60, 33}, {4, 1}}), {s.in({4, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::gather(const Tensor& x, int axis, const Indices& index) {
  return ops::apply(ops::Gather::along(axis, index), x);
}
ELBOW_OP(gather, Gather)

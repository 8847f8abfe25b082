#include "autograd/backend/cuda/gather.hpp"
#include "autograd/kernels/axis_view.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x with the elements of `source`, which has the shape of the index, added where gather would read them
/// (torch.scatter_add). An index that occurs twice adds both. Throws for an index outside.
Tensor scatter_add(const Tensor& x, int axis, const Indices& index, const Tensor& source);
#endif

namespace elbow::ops {

struct ScatterAdd : Op {
  static constexpr auto name = "scatter_add", doc = "x with each element of a source added where an index says";
  int axis = 0;
  Indices index;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Shape& x = in[0].shape();
    require_gatherable(x, x.axis(axis, name), index, name);
    if (!(in[1].shape() == index.shape()))
      fail(name, "an index of shape ", index.shape(), " and a source of shape ", in[1].shape());
    return x;
  }
  template <class T> void forward(ForwardContext& c) const {
    const Shape& x = c.y.shape();
    T* y = c.y.template data<T>();
    const T* source = c.in[1].template data<T>();
    std::copy_n(c.in[0].template data<T>(), x.numel(), y);
    for_each_gathered(x, x.axis(axis, name), index, [&](int64_t to, int64_t from) { y[to] += source[from]; });
  }
  template <class T> void backward(BackwardContext& c) const {
    const Shape& x = c.dy().shape();
    const T* dy = c.dy().template data<T>();
    if (c.needs(0)) c.give(0, c.dy());
    if (!c.needs(1)) return;
    auto [target, add] = c.template into<T>(1);
    for_each_gathered(x, x.axis(axis, name), index, [&, ds = target, add = add](int64_t from, int64_t to) {
      ds[to] = (add ? ds[to] : T(0)) + dy[from];
    });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Shape& x = c.y.shape();
    copy_elements(c.in[0], c.y);
    cuda::scatter<T>(c.in[1], AxisView(x.numel()), gathered_elements(x, x.axis(axis, name), index),
                     cuda::Target(c.y, true));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Shape& x = c.dy().shape();
    if (c.needs(0)) c.give(0, c.dy());
    if (c.needs(1))
      cuda::gather<T>(c.dy(), AxisView(x.numel()), gathered_elements(x, x.axis(axis, name), index),
                      cuda::Target(c.target(1)));
  }
  void backward_in_ops(BackwardContext& c) const {
    c.give(0, c.dy());
    if (c.needs(1)) c.give(1, gather(c.dy(), axis, index));
  }
  void reference(Inputs in, double* y) const {
    const Shape x = in[0].shape();
    const AxisView whole(x, x.axis(axis, name)), part(index.shape(), x.axis(axis, name));
    std::copy_n(in[0].data<double>(), x.numel(), y);
    for (int64_t i = 0; i < index.numel();
         ++i) {  // holds for samples whose index has x's size along the other axes
      const int64_t o = i / (part.size * part.inner), k = i % part.inner;
      y[(o * whole.size + index[i]) * whole.inner + k] += in[1].data<double>()[i];
    }
  }
  static ScatterAdd along(int axis, const Indices& index) {
    ScatterAdd op;
    op.axis = axis;
    op.index = index;
    return op;
  }
  static void samples(Samples<ScatterAdd>& s) {
    s.add(along(0, {2, 0, 2}), {s.in({3}), s.in({3})}, "one axis, an index twice");
    s.add(along(1, {{3, 0, 1, 1, 2, 2}, {3, 2}}), {s.in({3, 4}), s.in({3, 2})}, "axis 1");
    s.refuse(along(0, {3}), {s.in({3}), s.in({1})}, "index 3");
    s.refuse(along(0, {1}), {s.in({3}), s.in({2})}, "a source of shape [2]");
    s.benchmark(along(1, {{5, 1, 60, 33}, {4, 1}}), {s.in({4, 512}), s.in({4, 1})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::scatter_add(const Tensor& x, int axis, const Indices& index, const Tensor& source) {
  return ops::apply(ops::ScatterAdd::along(axis, index), x, source);
}
ELBOW_OP(scatter_add, ScatterAdd)

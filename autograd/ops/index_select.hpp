#pragma once
#include <vector>

#include "autograd/axis_view.hpp"
#include "autograd/op.hpp"

namespace elbow::ops {

struct IndexSelect : Op {
  static constexpr auto name = "index_select",
                        doc = "the entries with the given indices along an axis, in that order";
  int axis = 0;
  std::vector<int64_t> indices;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    Shape out = in[0].shape();
    const int a = out.axis(axis, name);
    for (int64_t i : indices)
      if (i < 0 || i >= out[a]) fail(name, "index ", i, " of axis ", a, " of a tensor of shape ", out);
    out[a] = int64_t(indices.size());
    return out;
  }
  template <class T> void forward(ForwardContext& c) const {
    const AxisView v(c.in[0].shape(), c.in[0].shape().axis(axis, name));
    const T* x = c.in[0].template data<T>();  // [outer, size, inner]
    T* y = c.y.template data<T>();            // [outer, indices, inner]
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices) {
        copy_or_add(x + (o * v.size + i) * v.inner, v.inner, y, false);
        y += v.inner;
      }
  }
  template <class T> void backward(BackwardContext& c) const {
    const Shape& shape = c.shape_of_input(0);
    const AxisView v(shape, shape.axis(axis, name));
    auto [dx, add] = c.template into<T>(0);  // [outer, size, inner]
    if (!add) std::fill_n(dx, shape.numel(), T(0));
    const T* dy = c.dy().template data<T>();  // [outer, indices, inner]
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices) {  // an index that occurs twice gets the sum of both gradients
        copy_or_add(dy, v.inner, dx + (o * v.size + i) * v.inner, true);
        dy += v.inner;
      }
  }
  void reference(Inputs in, double* y) const {
    const AxisView v(in[0].shape(), in[0].shape().axis(axis, name));
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t i : indices)
        for (int64_t k = 0; k < v.inner; ++k) *y++ = in[0].data<double>()[(o * v.size + i) * v.inner + k];
  }
  static void samples(auto& s) {
    s.add(IndexSelect{{}, 0, {2, 0, 2}}, {s.in({3, 4})}, "axis 0, one index twice");
    s.add(IndexSelect{{}, 1, {3}}, {s.in({3, 4})}, "axis 1")
        .add(IndexSelect{{}, 1, {}}, {s.in({3, 4})}, "no index");
    s.refuse(IndexSelect{{}, 0, {3}}, {s.in({3, 4})}, "index 3")
        .refuse(IndexSelect{{}, 0, {-1}}, {s.in({3})}, "index -1");
    s.benchmark(IndexSelect{{}, 0, {5, 1, 60, 33, 5, 17}}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor index_select(const Tensor& x, int axis, std::vector<int64_t> indices) {
  return ops::apply(ops::IndexSelect{{}, axis, std::move(indices)}, x);
}
}  // namespace elbow

#include "cube.hpp"

#include "autograd/op.hpp"

namespace elbow::ops {
struct Cube : Unary {
  static constexpr auto name = "cube", doc = "x^3";
  template <class V> ELBOW_FN V forward(V x) const { return x * x * x; }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy * V(3) * x * x; }
};
}  // namespace elbow::ops

elbow::Tensor cube(const elbow::Tensor& x) { return elbow::ops::apply(elbow::ops::Cube{}, x); }

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// 1 / x, element by element.
Tensor reciprocal(const Tensor& x);
#endif

namespace elbow::ops {

struct Reciprocal : Unary {
  static constexpr auto name = "reciprocal", doc = "1 / x";
  static constexpr auto onnx = "Reciprocal";
  template <class V> ELBOW_FN V forward(V x) const { return V(1) / x; }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return -gy * y * y; }
  static void samples(Samples<Reciprocal>& s) {
    s.add({s.in({3, 5}, 0.3, 3)}).extremes().value(4, 0.25).value(-2, -0.5);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::reciprocal(const Tensor& x) { return ops::apply(ops::Reciprocal{}, x); }
ELBOW_OP(reciprocal, Reciprocal)

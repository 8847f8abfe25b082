#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The sine, element by element, of x in radians.
Tensor sin(const Tensor& x);
#endif

namespace elbow::ops {

struct Sin : Unary {
  static constexpr auto name = "sin", doc = "the sine, of x in radians";
  static constexpr auto onnx = "Sin";
  template <class V> ELBOW_FN V forward(V x) const { return sin(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy * cos(x); }
  static void samples(Samples<Sin>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 0.8414709848078965).value(-2, -0.9092974268256817);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::sin(const Tensor& x) { return ops::apply(ops::Sin{}, x); }
ELBOW_OP(sin, Sin)

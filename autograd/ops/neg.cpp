#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// -x, element by element.
Tensor neg(const Tensor& x);
#endif

namespace elbow::ops {

struct Neg : Unary {
  static constexpr auto name = "neg", doc = "-x";
  static constexpr auto onnx = "Neg";
  template <class V> ELBOW_FN V forward(V x) const { return -x; }
  template <class V> ELBOW_FN V backward(V gy) const { return -gy; }
  static void samples(Samples<Neg>& s) { s.add({s.in({3, 5})}).extremes().value(2, -2).value(-3, 3); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::neg(const Tensor& x) { return ops::apply(ops::Neg{}, x); }
ELBOW_OP(neg, Neg)

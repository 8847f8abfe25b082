#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x^2, element by element.
Tensor square(const Tensor& x);
#endif

namespace elbow::ops {

struct Square : Unary {
  static constexpr auto name = "square", doc = "x * x";
  template <class V> ELBOW_FN V forward(V x) const { return x * x; }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy * (x + x); }
  static void samples(Samples<Square>& s) { s.add({s.in({3, 5})}).extremes().value(3, 9).value(-1.5, 2.25); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::square(const Tensor& x) { return ops::apply(ops::Square{}, x); }
ELBOW_OP(square, Square)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The hyperbolic tangent, element by element.
Tensor tanh(const Tensor& x);
#endif

namespace elbow::ops {

struct Tanh : Unary {
  static constexpr auto name = "tanh", doc = "the hyperbolic tangent";
  static constexpr auto onnx = "Tanh";
  template <class V> ELBOW_FN V forward(V x) const { return tanh(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy * (V(1) - y * y); }
  static void samples(Samples<Tanh>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 0.7615941559557649).value(-0.5, -0.46211715726000973);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::tanh(const Tensor& x) { return ops::apply(ops::Tanh{}, x); }
ELBOW_OP(tanh, Tanh)

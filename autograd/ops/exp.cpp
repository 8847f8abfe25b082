#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// e^x, element by element.
Tensor exp(const Tensor& x);
#endif

namespace elbow::ops {

struct Exp : Unary {
  static constexpr auto name = "exp", doc = "e^x";
  static constexpr auto onnx = "Exp";
  template <class V> ELBOW_FN V forward(V x) const { return exp(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy * y; }
  static void samples(Samples<Exp>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 2.718281828459045).value(-2, 0.1353352832366127);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::exp(const Tensor& x) { return ops::apply(ops::Exp{}, x); }
ELBOW_OP(exp, Exp)

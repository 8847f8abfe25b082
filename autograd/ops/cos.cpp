#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The cosine, element by element, of x in radians.
Tensor cos(const Tensor& x);
#endif

namespace elbow::ops {

struct Cos : Unary {
  static constexpr auto name = "cos", doc = "the cosine, of x in radians";
  static constexpr auto onnx = "Cos";
  template <class V> ELBOW_FN V forward(V x) const { return cos(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return -gy * sin(x); }
  static void samples(Samples<Cos>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 0.5403023058681398).value(-2, -0.4161468365471424);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::cos(const Tensor& x) { return ops::apply(ops::Cos{}, x); }
ELBOW_OP(cos, Cos)

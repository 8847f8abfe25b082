#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// e^x - 1, element by element, exact for small x.
Tensor expm1(const Tensor& x);
#endif

namespace elbow::ops {

struct Expm1 : Unary {
  static constexpr auto name = "expm1", doc = "e^x - 1, exact for small x";
  template <class V> ELBOW_FN V forward(V x) const { return expm1(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy * (y + V(1)); }
  // Near 0 from tanh, e^x - 1 = 2 t / (1 - t) with t = tanh(x / 2), which is exact there.
  void onnx(OnnxNode& node) const {
    const std::string x = node.in(0), one = node.constant(1), half = node.constant(0.5);
    const std::string t = node.add("Tanh", {node.add("Mul", {x, half})});
    const std::string near = node.add("Div", {node.add("Add", {t, t}), node.add("Sub", {one, t})});
    const std::string far = node.add("Sub", {node.add("Exp", {x}), one});
    node.is(node.add("Where", {node.add("Less", {node.add("Abs", {x}), half}), near, far}));
  }
  static void samples(Samples<Expm1>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 1.718281828459045).value(1e-10, 1.00000000005e-10);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::expm1(const Tensor& x) { return ops::apply(ops::Expm1{}, x); }
ELBOW_OP(expm1, Expm1)

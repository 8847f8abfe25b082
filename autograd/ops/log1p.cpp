#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// log(1 + x), element by element, exact for small x.
Tensor log1p(const Tensor& x);
#endif

namespace elbow::ops {

struct Log1p : Unary {
  static constexpr auto name = "log1p", doc = "log(1 + x), exact for small x";
  template <class V> ELBOW_FN V forward(V x) const { return log1p(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy / (V(1) + x); }
  // Near 0 from atanh, log(1 + x) = 2 atanh(x / (2 + x)), which is exact there.
  void onnx(OnnxNode& node) const {
    const std::string x = node.in(0);
    const std::string t = node.add("Atanh", {node.add("Div", {x, node.add("Add", {x, node.constant(2)})})});
    const std::string far = node.add("Log", {node.add("Add", {x, node.constant(1)})});
    const std::string is_near = node.add("Less", {node.add("Abs", {x}), node.constant(0.5)});
    node.is(node.add("Where", {is_near, node.add("Add", {t, t}), far}));
  }
  static void samples(Samples<Log1p>& s) {
    s.add({s.in({3, 5}, -0.8, 4)}).extremes().value(1, 0.6931471805599453).value(1e-10, 9.9999999995e-11);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::log1p(const Tensor& x) { return ops::apply(ops::Log1p{}, x); }
ELBOW_OP(log1p, Log1p)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x where x >= 0, slope * x below, element by element; its derivative at 0 is the slope.
Tensor leaky_relu(const Tensor& x, double slope = 0.01);
#endif

namespace elbow::ops {

struct LeakyRelu : Unary {
  static constexpr auto name = "leaky_relu",
                        doc = "x where x >= 0, slope * x below; its derivative at 0 is the slope";
  double slope = 0.01;

  template <class V> ELBOW_FN V forward(V x) const { return select(x < V(0), x * V(slope), x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return select(x > V(0), gy, gy * V(slope)); }
  void onnx(OnnxNode& node) const { node.is(node.add("LeakyRelu", {node.in(0)}, {{"alpha", float(slope)}})); }
  static void samples(Samples<LeakyRelu>& s) {
    s.add({s.in({3, 5})}).add(LeakyRelu{{}, 0.3}, {s.in({8})}, "slope 0.3").extremes().kink(0);
    s.value(2, 2).value(-3, -0.03);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::leaky_relu(const Tensor& x, double slope) {
  return ops::apply(ops::LeakyRelu{{}, slope}, x);
}
ELBOW_OP(leaky_relu, LeakyRelu)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// max(x, 0), element by element; NaN stays NaN; its derivative at 0 is 0.
Tensor relu(const Tensor& x);
#endif

namespace elbow::ops {

struct Relu : Unary {
  static constexpr auto name = "relu", doc = "max(x, 0); NaN stays NaN; its derivative at 0 is 0";
  static constexpr auto onnx = "Relu";
  template <class V> ELBOW_FN V forward(V x) const { return select(x < V(0), V(0), x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return select(y > V(0), gy, V(0)); }
  static void samples(Samples<Relu>& s) {
    s.add({s.in({3, 5})}).extremes().kink(0).value(1.5, 1.5).value(-1.5, 0);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::relu(const Tensor& x) { return ops::apply(ops::Relu{}, x); }
ELBOW_OP(relu, Relu)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// |x|, element by element; its derivative at 0 is 0.
Tensor abs(const Tensor& x);
#endif

namespace elbow::ops {

struct Abs : Unary {
  static constexpr auto name = "abs", doc = "|x|; its derivative at 0 is 0";
  static constexpr auto onnx = "Abs";
  template <class V> ELBOW_FN V forward(V x) const { return abs(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const {
    return select(x > V(0), gy, select(x < V(0), -gy, V(0)));
  }
  static void samples(Samples<Abs>& s) {
    s.add({s.in({3, 5})}).extremes().kink(0).value(-2.5, 2.5).value(3, 3);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::abs(const Tensor& x) { return ops::apply(ops::Abs{}, x); }
ELBOW_OP(abs, Abs)

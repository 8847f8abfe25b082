#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// A copy of x. Writing into one leaves the other as it is; gradients pass.
Tensor clone(const Tensor& x);
#endif

namespace elbow::ops {

struct Clone : Unary {
  static constexpr auto name = "clone", doc = "a copy";
  static constexpr auto onnx = "Identity";
  template <class V> ELBOW_FN V forward(V x) const { return x; }
  template <class V> ELBOW_FN V backward(V gy) const { return gy; }
  static void samples(Samples<Clone>& s) { s.add({s.in({3, 5})}).extremes().value(2.5, 2.5).value(-1, -1); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::clone(const Tensor& x) { return ops::apply(ops::Clone{}, x); }
ELBOW_OP(clone, Clone)

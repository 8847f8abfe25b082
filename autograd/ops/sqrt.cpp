#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The square root, element by element; NaN below 0.
Tensor sqrt(const Tensor& x);
#endif

namespace elbow::ops {

struct Sqrt : Unary {
  static constexpr auto name = "sqrt", doc = "the square root; NaN below 0";
  static constexpr auto onnx = "Sqrt";
  template <class V> ELBOW_FN V forward(V x) const { return sqrt(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy / (y + y); }
  static void samples(Samples<Sqrt>& s) {
    s.add({s.in({3, 5}, 0.2, 4)}).extremes().value(2, 1.4142135623730951).value(9, 3);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::sqrt(const Tensor& x) { return ops::apply(ops::Sqrt{}, x); }
ELBOW_OP(sqrt, Sqrt)

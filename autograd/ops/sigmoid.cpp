#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// 1 / (1 + e^-x), element by element, without overflow.
Tensor sigmoid(const Tensor& x);
#endif

namespace elbow::ops {

struct Sigmoid : Unary {
  static constexpr auto name = "sigmoid", doc = "1 / (1 + e^-x), without overflow";
  static constexpr auto onnx = "Sigmoid";
  template <class V> ELBOW_FN V forward(V x) const { return logistic(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy * y * (V(1) - y); }
  static void samples(Samples<Sigmoid>& s) {
    s.add({s.in({3, 5}, -4, 4)}).extremes().value(1, 0.7310585786300049).value(-2, 0.11920292202211755);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::sigmoid(const Tensor& x) { return ops::apply(ops::Sigmoid{}, x); }
ELBOW_OP(sigmoid, Sigmoid)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// a / b, element by element, broadcast against each other. Throws when they do not broadcast.
Tensor div(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {

struct Div : Binary {
  static constexpr auto name = "div", doc = "a / b";
  static constexpr auto onnx = "Div";
  template <class V> ELBOW_FN V forward(V a, V b) const { return a / b; }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V a, V b, V gy) const {
    return {gy / b, -gy * a / (b * b)};
  }
  static void samples(Samples<Div>& s) {
    s.add({s.in({3, 5}), s.in({3, 5}, 0.3, 3)})
        .add({s.in({4, 3}), s.in({3}, 0.3, 3)})
        .add({s.in({2, 1, 4}), s.in({3, 1}, 0.3, 3)});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes().value({2, -0.5}, -4);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::div(const Tensor& a, const Tensor& b) { return ops::apply(ops::Div{}, a, b); }
ELBOW_OP(div, Div)

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// a + b, broadcast against each other. Throws when they do not broadcast.
Tensor add(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {

struct Add : Binary {
  static constexpr auto name = "add", doc = "a + b";
  static constexpr auto onnx = "Add";
  template <class V> ELBOW_FN V forward(V a, V b) const { return a + b; }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V gy) const { return {gy, gy}; }
  static void samples(Samples<Add>& s) {
    s.add({s.in({3, 5}), s.in({3, 5})}).add({s.in({4, 3}), s.in({3})}).add({s.in({2, 1, 4}), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({2, -0.5}, 1.5);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::add(const Tensor& a, const Tensor& b) { return ops::apply(ops::Add{}, a, b); }
ELBOW_OP(add, Add)

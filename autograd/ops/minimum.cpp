#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The smaller of a and b, element by element; NaN when one is NaN; a tie gives half the gradient to each.
Tensor minimum(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {

struct Minimum : Binary {
  static constexpr auto
      name = "minimum",
      doc = "the smaller of a and b; NaN when one is NaN; a tie gives half the gradient to each";
  static constexpr auto onnx = "Min";
  template <class V> ELBOW_FN V forward(V a, V b) const {
    return select(a < b, a, select(a >= b, b, a + b));  // neither holds with a NaN, and then a + b is NaN
  }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V a, V b, V gy) const {
    return {share(a, b, gy), share(b, a, gy)};
  }
  template <class V> ELBOW_FN static V share(V mine, V other, V gy) {
    return select(mine < other, gy, select(mine > other, V(0), gy * V(0.5)));
  }
  static void samples(Samples<Minimum>& s) {
    s.add({s.in({3, 5}), s.in({3, 5})}).add({s.in({4, 3}), s.in({3})}).add({s.in({2, 1, 4}), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({2, -0.5}, -0.5).value({-3, -1}, -3);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::minimum(const Tensor& a, const Tensor& b) { return ops::apply(ops::Minimum{}, a, b); }
ELBOW_OP(minimum, Minimum)

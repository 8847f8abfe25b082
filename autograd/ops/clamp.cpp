#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x, but no less than lo and no more than hi, element by element; no gradient outside. Throws when lo > hi.
Tensor clamp(const Tensor& x, double lo, double hi);
#endif

namespace elbow::ops {

struct Clamp : Unary {
  static constexpr auto name = "clamp", doc = "x, but no less than lo and no more than hi; no gradient outside";
  double lo = -1, hi = 1;

  template <class V> ELBOW_FN V forward(V x) const {
    const V raised = select(x < V(lo), V(lo), x);
    return select(raised > V(hi), V(hi), raised);
  }
  template <class V> ELBOW_FN V backward(V x, V gy) const {
    return select(x < V(lo), V(0), select(x > V(hi), V(0), gy));
  }
  static void samples(Samples<Clamp>& s) {
    s.add({s.in({3, 5})}).extremes().kink(-1).kink(1).value(0.5, 0.5).value(-3, -1).value(2, 1);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::clamp(const Tensor& x, double lo, double hi) {
  if (!(lo <= hi)) fail("clamp", "the lower limit ", lo, " is above the upper limit ", hi);
  return ops::apply(ops::Clamp{{}, lo, hi}, x);
}
ELBOW_OP(clamp, Clamp)

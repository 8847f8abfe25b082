#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// x^exponent, element by element, broadcast; NaN for a negative x and an exponent that is not whole. Where x is 0 the
/// derivative with respect to the exponent is 0, as in PyTorch.
Tensor pow(const Tensor& x, const Tensor& exponent);
Tensor pow(const Tensor& x, double exponent);
#endif

namespace elbow::ops {

struct Pow : Binary {
  static constexpr auto name = "pow", doc = "a^b; NaN for a negative a and a b that is not whole";
  static constexpr auto onnx = "Pow";
  template <class V> ELBOW_FN V forward(V a, V b) const { return power(a, b); }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V a, V b, V gy) const {
    return {select(b == V(0), V(0), gy * b * power(a, b - V(1))),
            select(a == V(0), V(0), gy * power(a, b) * log(a))};
  }
  static void samples(Samples<Pow>& s) {
    s.add({s.in({3, 5}, 0.3, 3), s.in({3, 5}, 0.3, 2)}).add({s.in({4, 3}, 0.3, 3), s.in({3})});
    s.add({s.in({2, 1, 4}, 0.3, 3), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({2, 10}, 1024).value({2, -0.5}, 0.7071067811865476).value({-3, 3}, -27);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::pow(const Tensor& x, const Tensor& exponent) {
  return ops::apply(ops::Pow{}, x, exponent);
}
elbow::Tensor elbow::pow(const Tensor& x, double exponent) {
  return pow(x, Tensor::full({}, exponent, x.dtype(), x.device()));
}
ELBOW_OP(pow, Pow)

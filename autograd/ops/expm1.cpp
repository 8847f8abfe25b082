#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// e^x - 1, element by element, exact for small x.
Tensor expm1(const Tensor& x);
#endif

namespace elbow::ops {

struct Expm1 : Unary {
  static constexpr auto name = "expm1", doc = "e^x - 1, exact for small x";
  template <class V> ELBOW_FN V forward(V x) const { return expm1(x); }
  template <class V> ELBOW_FN V backward_from_output(V y, V gy) const { return gy * (y + V(1)); }
  static void samples(Samples<Expm1>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 1.718281828459045).value(1e-10, 1.00000000005e-10);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::expm1(const Tensor& x) { return ops::apply(ops::Expm1{}, x); }
ELBOW_OP(expm1, Expm1)

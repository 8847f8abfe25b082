#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// log(1 + x), element by element, exact for small x.
Tensor log1p(const Tensor& x);
#endif

namespace elbow::ops {

struct Log1p : Unary {
  static constexpr auto name = "log1p", doc = "log(1 + x), exact for small x";
  template <class V> ELBOW_FN V forward(V x) const { return log1p(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy / (V(1) + x); }
  static void samples(Samples<Log1p>& s) {
    s.add({s.in({3, 5}, -0.8, 4)}).extremes().value(1, 0.6931471805599453).value(1e-10, 9.9999999995e-11);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::log1p(const Tensor& x) { return ops::apply(ops::Log1p{}, x); }
ELBOW_OP(log1p, Log1p)

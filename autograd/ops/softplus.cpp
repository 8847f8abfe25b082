#include <cmath>

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// log(1 + e^x), element by element; never overflows.
Tensor softplus(const Tensor& x);
#endif

namespace elbow::ops {

struct Softplus : Unary {
  static constexpr auto name = "softplus", doc = "log(1 + e^x), element by element; never overflows";
  static constexpr auto onnx = "Softplus";
  template <class V> ELBOW_FN V forward(V x) const { return log1p_exp(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy * logistic(x); }
  double reference(double x) const { return std::log(1 + std::exp(x)); }
  static void samples(Samples<Softplus>& s) { s.add({s.in({3, 5}, -4, 4)}).extremes(); }
};

}  // namespace elbow::ops

elbow::Tensor elbow::softplus(const Tensor& x) { return ops::apply(ops::Softplus{}, x); }
ELBOW_OP(softplus, Softplus)

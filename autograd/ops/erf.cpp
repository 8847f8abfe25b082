#include <cmath>
#include <numbers>

#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x, element by element.
Tensor erf(const Tensor& x);
#endif

namespace elbow::ops {

struct Erf : Unary {
  static constexpr auto name = "erf", doc = "the error function";
  static constexpr auto onnx = "Erf";
  template <class V> ELBOW_FN V forward(V x) const { return erf(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const {
    return gy * exp(-x * x) * V(2 / std::sqrt(std::numbers::pi));
  }
  static void samples(Samples<Erf>& s) {
    s.add({s.in({3, 5})}).extremes().value(1, 0.8427007929497149).value(-0.5, -0.5204998778130465);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::erf(const Tensor& x) { return ops::apply(ops::Erf{}, x); }
ELBOW_OP(erf, Erf)

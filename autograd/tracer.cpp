#include "autograd/tracer.hpp"

#include <cmath>

#include "autograd/kernels/math.hpp"
#include "autograd/operators.hpp"
#include "autograd/ops.hpp"

namespace elbow {
namespace {

// f of one or two Tracers: of their tensors by an op, of two numbers by arithmetic.
template <class F> Tracer apply(const Tracer& x, F f) {
  if (x.is_constant()) return Tracer(f(x.constant()));
  return Tracer(f(x.tensor_like({})));
}
template <class F> Tracer apply(const Tracer& a, const Tracer& b, F f) {
  if (a.is_constant() && b.is_constant()) return Tracer(double(f(a.constant(), b.constant())));
  const Tensor known = a.is_constant() ? b.tensor_like({}) : a.tensor_like({});
  return Tracer(f(a.tensor_like(known), b.tensor_like(known)));
}

}  // namespace

Tensor Tracer::tensor_like(const Tensor& other) const {
  return tensor_ ? tensor_ : scalar_like(other, constant_);
}

Tracer operator+(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p + q; });
}
Tracer operator-(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p - q; });
}
Tracer operator*(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p * q; });
}
Tracer operator/(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p / q; });
}
Tracer operator-(const Tracer& a) {
  return apply(a, [](const auto& p) { return -p; });
}
Tracer operator<(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p < q; });
}
Tracer operator<=(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p <= q; });
}
Tracer operator>(const Tracer& a, const Tracer& b) { return b < a; }
Tracer operator>=(const Tracer& a, const Tracer& b) { return b <= a; }
Tracer operator==(const Tracer& a, const Tracer& b) {
  return apply(a, b, [](const auto& p, const auto& q) { return p == q; });
}

Tracer select(const Tracer& condition, const Tracer& a, const Tracer& b) {
  if (condition.is_constant()) return condition.constant() != 0 ? a : b;
  const Tensor c = condition.tensor_like({});
  return Tracer(where(c, a.tensor_like(c), b.tensor_like(c)));
}

#define ELBOW_TRACED(name)                                       \
  Tracer name(const Tracer& x) {                                 \
    if (x.is_constant()) return Tracer(ops::name(x.constant())); \
    return Tracer(elbow::name(x.tensor_like({})));               \
  }
ELBOW_TRACED(abs)
ELBOW_TRACED(exp)
ELBOW_TRACED(expm1)
ELBOW_TRACED(log)
ELBOW_TRACED(log1p)
ELBOW_TRACED(sqrt)
ELBOW_TRACED(tanh)
ELBOW_TRACED(sin)
ELBOW_TRACED(cos)
ELBOW_TRACED(erf)
#undef ELBOW_TRACED

Tracer power(const Tracer& x, const Tracer& exponent) {
  if (x.is_constant() && exponent.is_constant()) return Tracer(std::pow(x.constant(), exponent.constant()));
  const Tensor known = x.is_constant() ? exponent.tensor_like({}) : x.tensor_like({});
  return Tracer(elbow::pow(x.tensor_like(known), exponent.tensor_like(known)));
}

// These are separate ops, because the generic formulas (math.hpp) have a kink at 0 that hides their second derivative.
Tracer logistic(const Tracer& x) {
  return x.is_constant() ? Tracer(ops::logistic(x.constant())) : Tracer(sigmoid(x.tensor_like({})));
}
Tracer log1p_exp(const Tracer& x) {
  return x.is_constant() ? Tracer(ops::log1p_exp(x.constant())) : Tracer(softplus(x.tensor_like({})));
}

namespace ops {

std::vector<Tracer> tracers(const BackwardContext& context, size_t n) {
  std::vector<Tracer> v;
  for (size_t i = 0; i + 1 < n; ++i) v.emplace_back(context.saved(i));
  v.emplace_back(context.dy());
  return v;
}

void give_traced(BackwardContext& context, size_t i, const Tracer& gradient) {
  // A gradient is a multiple of dy. A formula that returns a number returns 0: there is nothing to add.
  if (!context.needs(i) || gradient.is_constant()) return;
  context.give(i, sum_to(gradient.tensor_like({}), context.shape_of_input(i)));
}

}  // namespace ops
}  // namespace elbow

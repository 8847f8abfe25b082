#pragma once
#include "autograd/ops.hpp"

/// Arithmetic and comparison operators. A plain number is a scalar tensor of the other operand's dtype.
namespace elbow {

/// A scalar of that value, with the dtype and device of t.
inline Tensor scalar_like(const Tensor& t, double value) {
  return Tensor::full({}, value, t.dtype(), t.device());
}

#define ELBOW_OPERATOR(sign, op)                                                              \
  inline Tensor operator sign(const Tensor& a, const Tensor& b) { return op(a, b); }          \
  inline Tensor operator sign(const Tensor& a, double b) { return op(a, scalar_like(a, b)); } \
  inline Tensor operator sign(double a, const Tensor& b) { return op(scalar_like(b, a), b); }
ELBOW_OPERATOR(+, add)
ELBOW_OPERATOR(-, sub)
ELBOW_OPERATOR(*, mul)
ELBOW_OPERATOR(/, div)
/// @name 1 where it holds, 0 elsewhere and where an operand is NaN (`!=`: 1 there). Not recorded: no gradient passes.
/// @{
ELBOW_OPERATOR(<, less)
ELBOW_OPERATOR(<=, less_equal)
ELBOW_OPERATOR(>, greater)
ELBOW_OPERATOR(>=, greater_equal)
ELBOW_OPERATOR(==, equal)
ELBOW_OPERATOR(!=, not_equal)
/// @}
#undef ELBOW_OPERATOR

inline Tensor operator-(const Tensor& a) { return neg(a); }

/// a = a + b, and so on: the handle `a` is given a new tensor, recorded like any other; other handles to the old one keep
/// it. To write into the elements themselves, see Tensor::copy_.
inline Tensor& operator+=(Tensor& a, const auto& b) { return a = a + b; }
inline Tensor& operator-=(Tensor& a, const auto& b) { return a = a - b; }
inline Tensor& operator*=(Tensor& a, const auto& b) { return a = a * b; }
inline Tensor& operator/=(Tensor& a, const auto& b) { return a = a / b; }

}  // namespace elbow

#pragma once
#include <vector>

#include "autograd/backward_context.hpp"

namespace elbow {

/// The value type over which a formula records ops: put for V into the formula of an element-wise op, it computes with
/// whole tensors, each operation an op on the tape. So one formula is the loop, the SIMD kernel, the CUDA kernel, and
/// also its own derivative's derivative. (JAX calls such a value a tracer, too.)
///
/// It holds a tensor, or a number that takes the dtype of the tensor it is combined with.
class Tracer {
 public:
  explicit Tracer(double constant) : constant_(constant) {}
  explicit Tracer(Tensor tensor) : tensor_(std::move(tensor)) {}
  bool is_constant() const { return !tensor_; }
  double constant() const { return constant_; }
  /// The tensor, or the number as a scalar like `other`.
  Tensor tensor_like(const Tensor& other) const;

  friend Tracer operator+(const Tracer& a, const Tracer& b);
  friend Tracer operator-(const Tracer& a, const Tracer& b);
  friend Tracer operator*(const Tracer& a, const Tracer& b);
  friend Tracer operator/(const Tracer& a, const Tracer& b);
  friend Tracer operator-(const Tracer& a);
  friend Tracer operator<(const Tracer& a, const Tracer& b);  // 1 where it holds, 0 elsewhere
  friend Tracer operator<=(const Tracer& a, const Tracer& b);
  friend Tracer operator>(const Tracer& a, const Tracer& b);
  friend Tracer operator>=(const Tracer& a, const Tracer& b);
  friend Tracer operator==(const Tracer& a, const Tracer& b);
  friend Tracer select(const Tracer& condition, const Tracer& a, const Tracer& b);

 private:
  Tensor tensor_;
  double constant_ = 0;
};

// The vocabulary of formulas: math.hpp.
Tracer abs(const Tracer& x);
Tracer exp(const Tracer& x);
Tracer expm1(const Tracer& x);
Tracer log(const Tracer& x);
Tracer log1p(const Tracer& x);
Tracer sqrt(const Tracer& x);
Tracer tanh(const Tracer& x);
Tracer sin(const Tracer& x);
Tracer cos(const Tracer& x);
Tracer erf(const Tracer& x);
Tracer power(const Tracer& x, const Tracer& exponent);
Tracer logistic(const Tracer& x);
Tracer log1p_exp(const Tracer& x);

namespace ops {

/// What the derivative of an element-wise op reads: the saved tensors, then the gradient of the output.
std::vector<Tracer> tracers(const BackwardContext& context, size_t n);

/// Hands over a gradient of input i, summed over the axes along which the input was broadcast.
void give_traced(BackwardContext& context, size_t i, const Tracer& gradient);

}  // namespace ops
}  // namespace elbow

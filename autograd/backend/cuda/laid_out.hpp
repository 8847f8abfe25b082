#pragma once
#include "autograd/backend/cuda/blas.hpp"
#include "autograd/backend/cuda/tiles.hpp"

// Large products by cuBLAS though their operands do not lie in memory as matrices: they are laid out there first. Of a convolution
// that is im2col (Chellapilla, Puri & Simard, High performance convolutional neural networks, 2006): memory traffic for arithmetic
// at three times the speed of our tiles, worth it where each element that is laid out is used often.
namespace elbow::cuda {

#if ELBOW_DEVICE_SOURCE

namespace detail {
constexpr int64_t least_uses = 32;                   // of an element that is laid out
constexpr int64_t most_laid_out = int64_t{1} << 30;  // bytes of a product's operands and result, of all models

template <bool of_a, class Part> ELBOW_DEVICE const auto& operand_of(const Part& part) {
  if constexpr (of_a)
    return part.a;
  else
    return part.b;
}

/// The operand a (or b) of all products, one after another: [count, outer, k], or [count, k, outer] where neighbouring
/// threads read neighbouring rows of it. What a smaller product lacks is 0.
template <class T, bool of_a, bool along_l, class Problem>
Tensor lay_out(const Problem& problem, int64_t outer) {
  Tensor matrices = Tensor::empty(Shape{problem.count, outer, problem.k}, dtype_of<T>, Device::cuda);
  const FastDivisor length(along_l ? problem.k : outer), lines(along_l ? outer : problem.k);
  const auto to = out<T>(matrices);
  for_each(matrices.numel(), [=] ELBOW_DEVICE(int64_t element) {
    const uint32_t e = uint32_t(element), line = length(e), product = lines(line);
    const int along = int(e - line * length.divisor), across = int(line - product * lines.divisor);
    const auto part = problem.part(int(product));
    const auto& x = operand_of<of_a>(part);
    to[element] = x.at(x.outer(along_l ? across : along), x.inner(along_l ? along : across));
  });
  return matrices;
}
}  // namespace detail

/// Runs a problem, which also says the types A and B of its operands; false, with nothing done, where another way is better.
template <class T, class Problem> bool run_laid_out(const Problem& problem) {
  const int64_t m = problem.m, n = problem.n, k = problem.k, count = problem.count;
  const int64_t elements = (m * k + n * k + m * n) * count;
  if (!is_for_blas(m, n * count, k) || std::min(m, n) < detail::least_uses ||
      elements > detail::most_laid_out / int64_t(sizeof(T)) / models() || !blas_is_there())
    return false;
  constexpr bool a_along_l = Problem::A::contiguous_along_l, b_along_l = Problem::B::contiguous_along_l;
  const Tensor a = detail::lay_out<T, true, a_along_l>(problem, m);   // [count, m, k] or [count, k, m]
  const Tensor b = detail::lay_out<T, false, b_along_l>(problem, n);  // [count, n, k] or [count, k, n]
  Tensor c = Tensor::empty(Shape{count, m, n}, dtype_of<T>, Device::cuda);
  for (int64_t p = 0; p < count; ++p) {
    const Product<T> product{a_along_l ? Trans::no : Trans::yes,
                             b_along_l ? Trans::yes : Trans::no,
                             m,
                             n,
                             k,
                             in<T>(a) + p * m * k,
                             a_along_l ? k : m,
                             in<T>(b) + p * n * k,
                             b_along_l ? k : n,
                             false,
                             out<T>(c) + p * m * n,
                             n};
    if (!blas_product(product)) return false;
  }
  add_parts<T>(problem, 1, in<T>(c));
  return true;
}

#endif

}  // namespace elbow::cuda

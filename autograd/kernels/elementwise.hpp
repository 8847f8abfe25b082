#pragma once
// Element-wise ops: what is made from an op's formulas, namely a strip kernel for each of them, and derivatives of
// every order. Walking over broadcast operands and sharing the work among threads is compiled once, in elementwise.cpp.
#include <array>
#include <span>
#include <type_traits>
#include <utility>

#include "autograd/kernels/math.hpp"
#include "autograd/kernels/simd.hpp"
#include "autograd/tracer.hpp"

namespace elbow::ops {

/// Base of the element-wise ops of N inputs, which are broadcast against each other. Members to write, each for any value
/// type V: float, double, a SIMD register of them, a float on the GPU, or a Tracer that records ops. For one input:
///
///   template <class V> ELBOW_FN V forward(V x) const
///
/// and the derivative times gy, the gradient of the output. By its name and parameters it says what it reads, which is
/// then saved for it; it is one of
///
///   template <class V> ELBOW_FN V backward(V gy) const                        nothing else
///   template <class V> ELBOW_FN V backward(V x, V gy) const                   the input
///   template <class V> ELBOW_FN V backward_from_output(V y, V gy) const       the output
///
/// For several inputs all derivatives are returned together: forward(V a, V b), and
///
///   template <class V> ELBOW_FN Gradients<V, 2> backward(V a, V b, V gy) const        or backward(V gy)
///
/// An op whose derivative is 0 wherever it has one (a comparison) has no backward, and is not recorded.
template <int N> struct Elementwise { static constexpr int arity = N; };
using Unary = Elementwise<1>;
using Binary = Elementwise<2>;
using Ternary = Elementwise<3>;

/// The derivatives of an op with respect to its N inputs, in their order.
template <class V, int N> struct Gradients { V of[N]; };

template <class O> inline constexpr bool is_elementwise = O::arity > 0;

/// What the derivative of an element-wise op reads, in addition to the gradient of its output.
enum class Reads { nothing, inputs, output, no_derivative };

namespace detail {
template <class O, class V, size_t... J>
concept BackwardTakes = requires(const O& op, V v) {
  op.backward(((void)J, v)..., v);
};
template <class O, size_t... J> consteval bool takes(std::index_sequence<J...>) {
  return BackwardTakes<O, double, J...>;
}
}  // namespace detail

template <class O> consteval Reads reads_of() {
  constexpr bool output = requires(const O& op, double v) { op.backward_from_output(v, v); };
  constexpr bool inputs = detail::takes<O>(std::make_index_sequence<size_t(O::arity)>{});
  constexpr bool nothing = detail::takes<O>(std::index_sequence<>{});
  static_assert(output + inputs + nothing <= 1, "an op has one derivative: backward or backward_from_output");
  static_assert(!output || O::arity == 1, "only an op of one input may have backward_from_output");
  return output ? Reads::output : inputs ? Reads::inputs : nothing ? Reads::nothing : Reads::no_derivative;
}

/// Whether an op, element-wise or not, has a derivative. One without is not recorded.
template <class O> consteval bool has_derivative() {
  if constexpr (is_elementwise<O>)
    return reads_of<O>() != Reads::no_derivative;
  else
    return O::differentiable;
}

/// How many operands the kernel of the derivative has: what it reads, and the gradient of the output.
template <class O>
inline constexpr size_t backward_operands = (reads_of<O>() == Reads::inputs   ? size_t(O::arity)
                                             : reads_of<O>() == Reads::output ? 1
                                                                              : 0) +
                                            1;

/// The derivative of input I over any value type, from what it reads and the gradient of the output.
template <int I, class O, class... V> ELBOW_FN auto derivative(const O& op, V... v) {
  if constexpr (reads_of<O>() == Reads::output)
    return op.backward_from_output(v...);
  else if constexpr (O::arity == 1)
    return op.backward(v...);
  else
    return op.backward(v...).of[I];
}

// ---- kernels --------------------------------------------------------------------------------------------------------

/// y[i] (+)= f(x[0], x[1], ...) for i < n, where operand j is x[j][i], or the one number x[j][0] when its stride is 0.
template <class T>
using Strip = void (*)(const void* op, int64_t n, T* y, bool add, const T* const* x, const int64_t* stride);

#if !ELBOW_DEVICE_SOURCE
namespace detail {

template <class T, class F, size_t... J>
void run_strip(F f, int64_t n, T* y, bool add, const T* const* x, const int64_t* stride,
               std::index_sequence<J...>) {
  using V = simd::Vec<T>;
  constexpr int64_t W = simd::width<T>;
  if (((stride[J] == 1) && ...)) return simd::map<T>(n, y, add, f, x[J]...);
  const std::array<V, sizeof...(J)> repeated{V(x[J][0])...};
  const auto at = [&](size_t j, int64_t i, int64_t count) {
    if (!stride[j]) return repeated[j];
    return count == W ? V::load_unaligned(x[j] + i) : simd::detail::load_some(x[j] + i, count);
  };
  for (int64_t i = 0; i < n; i += W) {
    const int64_t count = std::min(W, n - i);
    const V v = f(at(J, i, count)...);
    alignas(64) std::array<T, size_t(W)> lanes;
    v.store_aligned(lanes.data());
    for (int64_t k = 0; k < count; ++k) y[i + k] = add ? y[i + k] + lanes[size_t(k)] : lanes[size_t(k)];
  }
}

}  // namespace detail

template <class T, class O>
void forward_strip(const void* op, int64_t n, T* y, bool add, const T* const* x, const int64_t* stride) {
  const auto formula = [&](auto... v) { return static_cast<const O*>(op)->forward(v...); };
  detail::run_strip<T>(formula, n, y, add, x, stride, std::make_index_sequence<size_t(O::arity)>{});
}

template <class T, class O, int I>
void backward_strip(const void* op, int64_t n, T* y, bool add, const T* const* x, const int64_t* stride) {
  const auto formula = [&](auto... v) { return derivative<I>(*static_cast<const O*>(op), v...); };
  detail::run_strip<T>(formula, n, y, add, x, stride, std::make_index_sequence<backward_operands<O>>{});
}
#endif

/// The kernels of one element-wise op in one dtype.
template <class T> struct Strips {
  Strip<T> forward;
  Strip<T> backward[3];  // of each input
  Reads reads;
};

/// The shape that the inputs are broadcast to.
Shape elementwise_shape(const char* op, Inputs in);
/// Forward of an element-wise op, and saving what its derivative reads.
template <class T> void elementwise_forward(const Strips<T>& strips, const void* op, ForwardContext& context);
/// Adds to the gradients of its inputs.
template <class T> void elementwise_backward(const Strips<T>& strips, const void* op, BackwardContext& context);

/// The same written in ops: the derivative's own formula over Tracers.
template <class O> void elementwise_backward_in_ops(const O& op, BackwardContext& context) {
  const std::vector<Tracer> v = tracers(context, backward_operands<O>);
  [&]<size_t... K, int... I>(std::index_sequence<K...>, std::integer_sequence<int, I...>) {
    (give_traced(context, size_t(I), derivative<I>(op, v[K]...)), ...);
  }
  (std::make_index_sequence<backward_operands<O>>{}, std::make_integer_sequence<int, O::arity>{});
}

}  // namespace elbow::ops

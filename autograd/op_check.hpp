#pragma once
// Turns the mistakes in an op's struct into one readable line each. tests/op_mistakes.sh makes them.
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "autograd/kernels/elementwise.hpp"
#include "autograd/kernels/formula_value.hpp"
#include "autograd/samples.hpp"
#include "autograd/tape.hpp"

namespace elbow::ops {
namespace detail {

template <class O, size_t... J> consteval bool has_forward(std::index_sequence<J...>) {
  return requires(const O& op, FormulaValue v) {
    { op.forward(((void)J, v)...) } -> std::same_as<FormulaValue>;
  };
}

template <class O, size_t... J> consteval bool takes_any(std::index_sequence<J...>) {
  return requires(const O& op, FormulaValue v) { op.backward(((void)J, v)...); }
  || requires(const O& op, FormulaValue v) { op.backward_from_output(((void)J, v)...); };
}
/// Whether there is a backward of any kind: with up to six parameters, or one that is a template over V.
template <class O> consteval bool has_some_backward() {
  return [&]<size_t... N>(std::index_sequence<N...>) {
    return (takes_any<O>(std::make_index_sequence<N>{}) || ...);
  }
  (std::make_index_sequence<7>{}) || requires { &O::template backward<FormulaValue>; }
  || requires { &O::backward; }
  || requires { &O::template backward_from_output<FormulaValue>; };
}

/// The derivative of a formula, of whatever type its file says.
template <class O> auto call_backward(const O& op, FormulaValue v) {
  if constexpr (reads_of<O>() == Reads::output)
    return op.backward_from_output(v, v);
  else if constexpr (reads_of<O>() == Reads::nothing)
    return op.backward(v);
  else if constexpr (O::arity == 1)
    return op.backward(v, v);
  else if constexpr (O::arity == 2)
    return op.backward(v, v, v);
  else
    return op.backward(v, v, v, v);
}
template <class O> void compile_formulas(const O& op, FormulaValue v) {
  if constexpr (O::arity == 1) op.forward(v);
  if constexpr (O::arity == 2) op.forward(v, v);
  if constexpr (O::arity == 3) op.forward(v, v, v);
  if constexpr (reads_of<O>() != Reads::no_derivative) call_backward(op, v);
}

}  // namespace detail

/// What every op must have.
template <class O> consteval bool check_op() {
  constexpr bool named = requires { O::name + 0, O::doc + 0; };
  static_assert(named, "an op says `static constexpr auto name = \"...\", doc = \"...\";`");
  static_assert(sizeof(O) <= Tape::op_bytes && alignof(O) <= alignof(std::max_align_t),
                "the settings of an op are at most Tape::op_bytes large");
  static_assert(std::is_copy_constructible_v<O>, "an op can be copied: the tape keeps a copy");
  static_assert(
      requires(const O& op, Inputs in) {
        { op.shape(in) } -> std::same_as<Shape>;
      },
      "an op has `Shape shape(Inputs in) const`");
  static_assert(
      requires(const O& op, ForwardContext& c) { op.template forward<float>(c); },
      "an op has `template <class T> void forward(ForwardContext& c) const`");
  static_assert(
      !O::differentiable || requires(const O& op, BackwardContext& c) { op.template backward<float>(c); },
      "an op has `template <class T> void backward(BackwardContext& c) const`");
  static_assert(
      !O::differentiable || requires(const O& op, BackwardContext& c) { op.backward_in_ops(c); },
      "an op has `void backward_in_ops(BackwardContext& c) const`, its backward written in ops");
  return true;
}

namespace detail {
template <auto function> struct Mentioned {};
}  // namespace detail

/// The same for the element-wise ones.
template <class O>
requires is_elementwise<O>
consteval bool check_op() {
  constexpr bool named = requires { O::name + 0, O::doc + 0; };
  static_assert(named, "an op says `static constexpr auto name = \"...\", doc = \"...\";`");
  static_assert(sizeof(O) <= Tape::op_bytes && alignof(O) <= alignof(std::max_align_t),
                "the settings of an op are at most Tape::op_bytes large");
  static_assert(std::is_copy_constructible_v<O>, "an op can be copied: the tape keeps a copy");
  static_assert(O::arity <= 3, "an element-wise op has one to three inputs");
  constexpr bool unary = O::arity == 1,
                 forward = detail::has_forward<O>(std::make_index_sequence<size_t(O::arity)>{});
  static_assert(forward || !unary, "a Unary op has `template <class V> ELBOW_FN V forward(V x) const`");
  static_assert(forward || unary,
                "a Binary op has `template <class V> ELBOW_FN V forward(V a, V b) const`, a Ternary op "
                "`V forward(V a, V b, V c) const`");
  constexpr bool known = reads_of<O>() != Reads::no_derivative, some = detail::has_some_backward<O>();
  static_assert(known || !some || !unary,
                "the backward of a Unary op is one of `V backward(V gy) const`, `V backward(V x, "
                "V gy) const` and `V backward_from_output(V y, V gy) const`, over any V");
  static_assert(known || !some || unary,
                "the backward of a Binary op is `Gradients<V, 2> backward(V a, V b, V gy) const` "
                "or `backward(V gy) const`, over any V; a Ternary op's has a V c, and 3");
  static_assert(known || some || std::string_view(O::doc).find("not recorded") != std::string_view::npos,
                "an op has a `backward` or `backward_from_output`; one without, since its derivative is 0 "
                "wherever it has one, says \"not recorded\" in its doc");
  if constexpr (known) {
    using Derivative = decltype(detail::call_backward(std::declval<const O&>(), std::declval<FormulaValue>()));
    static_assert(!unary || std::same_as<Derivative, FormulaValue>, "the backward of a Unary op returns a V");
    static_assert(
        unary || std::same_as<Derivative, Gradients<FormulaValue, O::arity>>,
        "the backward of a Binary op returns both derivatives, a Gradients<V, 2>; that of a Ternary op three");
  }
  static_assert(
      std::is_empty_v<detail::Mentioned<&detail::compile_formulas<O>>>);  // what is mentioned is compiled
  return true;
}

/// Further members of the library's own ops, for their tests.
template <class O> consteval bool check_samples() {
  static_assert(
      requires(Samples<O> & s) { O::samples(s); },
      "an op says how to try it: `static void samples(Samples<Self>& s) { s.add({s.in({3, 5})}); }`");
  static_assert(
      is_elementwise<O> || requires(const O& op, Inputs in, double* y) { op.reference(in, y); },
      "an op has `void reference(Inputs in, double* y) const`, plain loops to test it against");
  return true;
}

}  // namespace elbow::ops

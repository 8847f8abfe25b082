#pragma once
// What the formulas of element-wise ops are compiled over first of all: types that can do just what every value type can.
// So a mistake in a formula is one readable line, instead of pages about SIMD registers. None of this is ever called.
#include <concepts>
#include <type_traits>

namespace elbow::ops {

template <class> inline constexpr bool allowed_in_a_formula = false;

/// Stands for the V of a formula.
struct FormulaValue {
  explicit FormulaValue(double) {}
  // What std::exp(x), `double y = x` and `if (x)` would call.
  template <class Number>
  requires std::same_as<Number, double> || std::same_as<Number, bool>
  operator Number() const {
    static_assert(allowed_in_a_formula<Number>,
                  "a formula's x may be a register of many numbers: write exp(x), not std::exp(x); "
                  "V y, not double y; select(x < V(0), a, b), not if");
    return {};
  }
};

/// The result of a comparison: true or false for each lane.
struct FormulaMask {
  explicit FormulaMask(FormulaValue) {}
  template <class Answer>
  requires std::same_as<Answer, bool>
  explicit operator Answer() const {
    static_assert(allowed_in_a_formula<Answer>,
                  "a formula has no if, ?:, !, && or ||, since x may be a register of many numbers: "
                  "write select(x < V(0), a, b)");
    return {};
  }
};

template <class Number> FormulaValue number_in_a_formula(Number) {
  static_assert(allowed_in_a_formula<Number>, "a number in a formula is a V: V(0.5) * x, not 0.5 * x");
  return FormulaValue(0);
}
template <class V>
concept Number = std::is_arithmetic_v<V>;
#define ELBOW_IN_A_FORMULA(sign, Result)                                                     \
  inline Result operator sign(FormulaValue v, FormulaValue) { return Result(v); }            \
  auto operator sign(FormulaValue, Number auto n) { return Result(number_in_a_formula(n)); } \
  auto operator sign(Number auto n, FormulaValue) { return Result(number_in_a_formula(n)); }
ELBOW_IN_A_FORMULA(+, FormulaValue)
ELBOW_IN_A_FORMULA(-, FormulaValue)
ELBOW_IN_A_FORMULA(*, FormulaValue)
ELBOW_IN_A_FORMULA(/, FormulaValue)
ELBOW_IN_A_FORMULA(<, FormulaMask)
ELBOW_IN_A_FORMULA(<=, FormulaMask)
ELBOW_IN_A_FORMULA(>, FormulaMask)
ELBOW_IN_A_FORMULA(>=, FormulaMask)
#undef ELBOW_IN_A_FORMULA
inline FormulaValue operator-(FormulaValue v) { return v; }

// Templates, so that != is not taken for the contrary of ==.
FormulaMask operator==(FormulaValue v, std::same_as<FormulaValue> auto) { return FormulaMask(v); }
auto operator==(FormulaValue, Number auto n) { return FormulaMask(number_in_a_formula(n)); }
template <class Other> FormulaMask unequal_in_a_formula(const Other&) {
  static_assert(allowed_in_a_formula<Other>,
                "a formula does not compare with !=: write select(a == b, ..., ...)");
  return FormulaMask(FormulaValue(0));
}
auto operator!=(FormulaValue, const auto& other) { return unequal_in_a_formula(other); }
template <class Other> FormulaValue changed_in_a_formula(const Other&) {
  static_assert(allowed_in_a_formula<Other>,
                "a formula changes nothing in place: write V z = x + y, not x += y");
  return FormulaValue(0);
}
auto operator+=(FormulaValue, const auto& other) { return changed_in_a_formula(other); }
auto operator-=(FormulaValue, const auto& other) { return changed_in_a_formula(other); }
auto operator*=(FormulaValue, const auto& other) { return changed_in_a_formula(other); }
auto operator/=(FormulaValue, const auto& other) { return changed_in_a_formula(other); }
template <class Other> FormulaMask conditions_in_a_formula(const Other&) {
  static_assert(allowed_in_a_formula<Other>, "a formula has no & and |: write one select in another");
  return FormulaMask(FormulaValue(0));
}
auto operator&(FormulaMask, const auto& other) { return conditions_in_a_formula(other); }
auto operator|(FormulaMask, const auto& other) { return conditions_in_a_formula(other); }

inline FormulaValue select(FormulaMask, FormulaValue a, FormulaValue) { return a; }
template <class A, class B> FormulaValue select(FormulaMask, const A&, const B&) {
  static_assert(allowed_in_a_formula<A>,
                "select takes a comparison and two V, such as select(x > V(0), x, V(0))");
  return FormulaValue(0);
}

// The functions of math.hpp.
inline FormulaValue abs(FormulaValue x) { return x; }
inline FormulaValue exp(FormulaValue x) { return x; }
inline FormulaValue expm1(FormulaValue x) { return x; }
inline FormulaValue log(FormulaValue x) { return x; }
inline FormulaValue log1p(FormulaValue x) { return x; }
inline FormulaValue sqrt(FormulaValue x) { return x; }
inline FormulaValue tanh(FormulaValue x) { return x; }
inline FormulaValue sin(FormulaValue x) { return x; }
inline FormulaValue cos(FormulaValue x) { return x; }
inline FormulaValue erf(FormulaValue x) { return x; }
inline FormulaValue power(FormulaValue x, FormulaValue) { return x; }

}  // namespace elbow::ops

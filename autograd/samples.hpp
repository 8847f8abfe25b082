#pragma once
// How an op's file says how to try it: samples(Samples<Self>& s). Tests, benchmarks and docs/ops.md are made from it.
#include <initializer_list>

#include "autograd/op.hpp"
#include "autograd/registry.hpp"

namespace elbow::ops {

/// The plain loop of an element-wise op: `formula` in double, element by element, broadcast.
void elementwise_reference(OpSample::Formula formula, const void* op, int arity, Inputs in, double* y);

namespace detail {

/// The scalar formula of an element-wise op: see OpSample::formula.
template <class T, class O> T scalar_formula(const O& op, int input, const double* x, T gy) {
  return [&]<size_t... J>(std::index_sequence<J...>) {
    const T y = op.forward(T(x[J])...);
    if (input < 0) return y;
    T slope{};
    const auto take = [&](auto index) {
      if (index != input) return;
      constexpr int I = decltype(index)::value;
      if constexpr (reads_of<O>() == Reads::inputs)
        slope = derivative<I>(op, T(x[J])..., gy);
      else if constexpr (reads_of<O>() == Reads::output)
        slope = derivative<I>(op, y, gy);
      else if constexpr (reads_of<O>() == Reads::nothing)
        slope = derivative<I>(op, gy);
    };
    (take(std::integral_constant<int, int(J)>{}), ...);
    return slope;
  }
  (std::make_index_sequence<size_t(O::arity)>{});
}

template <class O> double formula(const void* op, int input, DType dtype, const double* x, double gy) {
  const O& o = *static_cast<const O*>(op);
  return dtype == DType::float32 ? double(scalar_formula<float>(o, input, x, float(gy)))
                                 : scalar_formula<double>(o, input, x, gy);
}

/// Whether an element-wise op has a separate formula to test against: double reference(double x) const.
template <class O, size_t... J> consteval bool has_scalar_reference(std::index_sequence<J...>) {
  return requires(const O& op, double v) {
    { op.reference(((void)J, v)...) } -> std::same_as<double>;
  };
}
template <class O> consteval bool has_reference() {
  if constexpr (is_elementwise<O>)
    return has_scalar_reference<O>(std::make_index_sequence<size_t(O::arity)>{});
  else
    return true;
}
template <class O> double reference_formula(const void* op, int, DType, const double* x, double) {
  return [&]<size_t... J>(std::index_sequence<J...>) {
    const O& o = *static_cast<const O*>(op);
    if constexpr (has_reference<O>())
      return double(o.reference(x[J]...));
    else
      return double(o.forward(x[J]...));
  }
  (std::make_index_sequence<size_t(O::arity)>{});
}

template <class O> void reference(const void* op, Inputs in, double* y) {
  if constexpr (is_elementwise<O>)
    elementwise_reference(&reference_formula<O>, op, O::arity, in, y);
  else
    static_cast<const O*>(op)->reference(in, y);
}

}  // namespace detail

/// What does not depend on the type of op.
class SampleList {
 public:
  /// An input of that shape with elements between lo and hi.
  static InputSpec in(const Shape& shape, double lo = -2, double hi = 2) { return {shape, lo, hi}; }

 protected:
  SampleList(OpInfo& info, OpSample::Reference reference, OpSample::Formula formula)
      : info_(info), reference_(reference), formula_(formula) {}
  void add_sample(std::vector<OpSample>& list, AnyOp op, std::vector<InputSpec> inputs,
                  const std::string& note);
  void add_refusal(AnyOp op, std::vector<InputSpec> inputs, const std::string& message);
  void add_value(AnyOp op, std::vector<double> inputs, double output);
  OpInfo& info_;

 private:
  OpSample::Reference reference_;
  OpSample::Formula formula_;
};

/// What an op's samples(s) is given: it adds samples, known values, refusals and benchmark sizes.
template <class O> class Samples : public SampleList {
 public:
  Samples(OpInfo& info, OpSample::Reference reference, OpSample::Formula formula)
      : SampleList(info, reference, formula) {}

  /// A way to call the op, with its default settings or these, on inputs of those shapes.
  Samples& add(std::vector<InputSpec> inputs) { return add(O{}, std::move(inputs)); }
  Samples& add(const O& op, std::vector<InputSpec> inputs, const std::string& note = "") {
    add_sample(info_.samples, any(op), std::move(inputs), note);
    return *this;
  }
  /// Sizes to time: those of the models.
  Samples& benchmark(const O& op, std::vector<InputSpec> inputs, const std::string& note = "") {
    add_sample(info_.benchmarks, any(op), std::move(inputs), note);
    return *this;
  }
  /// A call that must be refused, and a substring of the message.
  Samples& refuse(const O& op, std::vector<InputSpec> inputs, const std::string& message) {
    add_refusal(any(op), std::move(inputs), message);
    return *this;
  }
  /// Element-wise ops: f(x...) = y, from a source other than this file (a table, a calculator), to seven digits at least.
  Samples& value(double x, double y) { return value(std::vector<double>{x}, y); }
  Samples& value(std::vector<double> x, double y) { return value(O{}, std::move(x), y); }
  Samples& value(const O& op, std::vector<double> x, double y) {
    add_value(any(op), std::move(x), y);
    return *this;
  }
  /// Element-wise ops: try it at +-0, +-20, +-300, infinity and NaN against the scalar formula.
  Samples& extremes() {
    info_.extremes = true;
    return *this;
  }
  /// The derivative jumps at x.
  Samples& kink(double x) {
    info_.kinks.push_back(x);
    return *this;
  }

 private:
  static AnyOp any(const O& op) { return {&rule_of<O>(), std::make_shared<const O>(op)}; }
};

/// The registry's entry of an op.
template <class O> OpInfo describe() {
  OpInfo info;
  info.name = O::name;
  info.doc = O::doc;
  info.arity = O::arity;
  if constexpr (std::default_initializable<O>) info.op = {&rule_of<O>(), std::make_shared<const O>()};
  constexpr const char* kinds[] = {"structured", "", "unary", "binary", "ternary"};
  info.kind = kinds[O::arity + 1];
  info.has_derivative = rule_of<O>().backward != nullptr;
  info.has_reference = detail::has_reference<O>();
  info.has_settings = !std::is_empty_v<O>;
  OpSample::Formula formula = nullptr;
  if constexpr (is_elementwise<O>) formula = &detail::formula<O>;
  Samples<O> samples(info, &detail::reference<O>, formula);
  O::samples(samples);
  return info;
}

}  // namespace elbow::ops

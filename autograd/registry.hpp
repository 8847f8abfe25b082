#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"

/// The list of all ops, with what each one's file says of it. Tests, benchmarks and docs/ops.md are made from
/// it.
namespace elbow {

/// How to draw one input of a sample.
struct InputSpec {
  Shape shape;
  double lo = -2, hi = 2;    ///< uniform between them
  bool is_constant = false;  ///< no gradient is asked for
  bool is_one_hot = false;   ///< a 1 in each row (the last axis), 0 elsewhere
  /// The gradient with respect to this input is not checked: it has none.
  InputSpec constant() const {
    auto s = *this;
    s.is_constant = true;
    return s;
  }
  InputSpec one_hot() const {
    auto s = *this;
    s.is_one_hot = true;
    return s;
  }
};

/// One way to call an op, as a test or a benchmark does.
struct OpSample {
  std::string note;  ///< what is special about it, with its shapes
  std::vector<InputSpec> inputs;
  std::function<Tensor(const std::vector<Tensor>&)> call;
  /// The plain loop: inputs in float64, output to y.
  std::function<void(const std::vector<Tensor>&, double* y)> reference;
  bool differentiable_twice = false;
  /// Element-wise ops: the formula as plain scalar code in that dtype, of one element: the output for input =
  /// -1, else the derivative of that input times gy.
  std::function<double(int input, DType dtype, const double* x, double gy)> formula;
};

/// A call that must be refused, and a part of the message that must say so.
struct OpRefusal {
  std::string message;
  std::vector<InputSpec> inputs;
  std::function<Tensor(const std::vector<Tensor>&)> call;
};

struct OpInfo {
  std::string name, doc, kind;  ///< kind: unary, binary, ternary or structured
  int arity = -1;               ///< of an element-wise op
  std::vector<double> kinks;    ///< where the derivative jumps: gradchecks keep away from there
  bool extremes = false;        ///< whether it is to be tried at 0, +-20, +-300, infinity and NaN
  bool differentiable_twice = false;
  bool has_settings = false;  ///< its struct has members, such as a slope or axes
  std::vector<OpSample> samples;
  std::vector<OpSample> benchmarks;
  std::vector<OpRefusal> refusals;
};

/// All ops, by name. Made anew at each call.
std::vector<OpInfo> all_ops();

/// The inputs that a sample asks for, drawn from `seed`; values closer than 0.05 to a kink are moved away from
/// it.
std::vector<Tensor> draw_inputs(const std::vector<InputSpec>& specs, const std::vector<double>& kinks,
                                uint64_t seed, DType dtype = DType::float64);

}  // namespace elbow

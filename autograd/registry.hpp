#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "autograd/op_rule.hpp"
#include "autograd/tensor.hpp"

/// The list of all ops, with what each one's file says of it. Tests, benchmarks and docs/ops.md are made from
/// it.
namespace elbow {

/// How to draw one input of a sample.
struct InputSpec {
  Shape shape;
  double lo = -2, hi = 2;             ///< uniform between them
  bool is_constant = false;           ///< no gradient is requested
  bool is_one_hot = false;            ///< a 1 in each row (the last axis), 0 elsewhere
  bool is_distinct = false;           ///< no two elements closer than 0.05 (their order is random)
  bool is_binary = false;             ///< 0 or 1
  bool is_positive_definite = false;  ///< a symmetric matrix, with no eigenvalue below 1
  /// The gradient with respect to this input is not checked: it has none.
  InputSpec constant() const { return with(&InputSpec::is_constant); }
  InputSpec one_hot() const { return with(&InputSpec::is_one_hot); }
  /// For ops that look for the largest: where two are close, the derivative jumps nearby.
  InputSpec distinct() const { return with(&InputSpec::is_distinct); }
  InputSpec binary() const { return with(&InputSpec::is_binary); }
  InputSpec positive_definite() const { return with(&InputSpec::is_positive_definite); }
  /// The same input with that flag set.
  InputSpec with(bool InputSpec::*flag) const {
    InputSpec spec = *this;
    spec.*flag = true;
    return spec;
  }
};

/// An op with its settings, of whatever type.
struct AnyOp {
  const OpRule* rule = nullptr;
  std::shared_ptr<const void> settings;
  Tensor operator()(const std::vector<Tensor>& inputs) const;
  Tensor operator()(const Tensor& x) const;
};

/// One way to call an op, as a test or a benchmark does.
struct OpSample {
  std::string note;  ///< what is special about it, with its shapes
  std::vector<InputSpec> inputs;
  AnyOp call;
  /// The plain loop, from inputs in float64 to y.
  void reference(const std::vector<Tensor>& inputs, double* y) const;
  /// Element-wise ops: the formula as plain scalar code in that dtype, of one element: the output for input =
  /// -1, else the derivative of that input times gy.
  double formula(int input, DType dtype, const double* x, double gy) const;

  using Reference = void (*)(const void* op, ops::Inputs in, double* y);
  using Formula = double (*)(const void* op, int input, DType dtype, const double* x, double gy);
  Reference reference_function = nullptr;
  Formula formula_function = nullptr;  ///< null unless element-wise
};

/// A value that an op must have, from a source outside its file.
struct OpValue {
  AnyOp call;
  std::vector<double> inputs;
  double output;
};

/// A call that must be refused, and a substring of the message.
struct OpRefusal {
  std::string message;
  std::vector<InputSpec> inputs;
  AnyOp call;
};

struct OpInfo {
  std::string name, doc, kind;  ///< kind: unary, binary, ternary or structured
  int arity = -1;               ///< of an element-wise op
  AnyOp op;                     ///< with its default settings
  std::vector<double> kinks;    ///< where the derivative jumps: gradchecks keep away from there
  bool extremes = false;        ///< whether it is to be tried at 0, +-20, +-300, infinity and NaN
  bool has_derivative = true;   ///< else it is not recorded
  bool has_reference = false;   ///< its file has separate loops or a separate formula to test it against
  bool has_settings = false;    ///< its struct has members, such as a slope or axes
  std::vector<OpSample> samples;
  std::vector<OpSample> benchmarks;
  std::vector<OpValue> values;
  std::vector<OpRefusal> refusals;
};

/// All ops, by name. Built again at each call.
std::vector<OpInfo> all_ops();

/// The element-wise op of one tensor of that name, with its default settings; its rule is null when there is none. So every
/// such op is an activation that a configuration can name.
AnyOp unary_op(const std::string& name);
/// The names that unary_op knows, in alphabetical order.
std::vector<std::string> unary_op_names();

/// The inputs that a sample asks for, drawn from `seed`; values closer than 0.05 to a kink are moved away from
/// it.
std::vector<Tensor> draw_inputs(const std::vector<InputSpec>& specs, const std::vector<double>& kinks,
                                uint64_t seed, DType dtype = DType::float64);

/// docs/ops.md: a table of these ops, grouped by kind. `make docs` writes it; a test holds the file to it.
std::string op_page(const std::vector<OpInfo>& ops);

}  // namespace elbow

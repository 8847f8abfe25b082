#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {

/// A setting of an operator of ONNX.
struct OnnxAttribute {
  std::string_view name;
  std::variant<int64_t, float, std::vector<int64_t>> value;
};

/// ONNX's numbers for the types of elements (TensorProto.DataType).
enum class OnnxType : int64_t { float32 = 1, int64 = 7, boolean = 9, float64 = 11 };

/// What an op sees that writes itself as operators of ONNX: its inputs, and the graph that it adds to. Values are known by their
/// names. An op says what it is by a member `onnx` of its struct, which is the name of the operator, where that takes the
/// same inputs and has no settings,
///
///     static constexpr auto onnx = "Tanh";
///
/// or a function, which ends with node.is(...):
///
///     void onnx(OnnxNode& node) const { node.is(node.add("LeakyRelu", {node.in(0)}, {{"alpha", float(slope)}})); }
///
/// An element-wise op with neither is written as the operations of its formula.
class OnnxNode {
 public:
  virtual ~OnnxNode() = default;

  /// @name The op
  /// @{
  virtual size_t inputs() const = 0;
  virtual const Tensor& input(size_t i) const = 0;
  virtual std::string in(size_t i) = 0;  ///< the same as a value
  /// The sizes of the output: -1 where one depends on the number of rows.
  virtual std::vector<int64_t> sizes() const = 0;
  /// The same as a value, int64 [axes]: sizes that depend on the number of rows are computed from it.
  virtual std::string sizes_value() = 0;
  /// The output is that value.
  virtual void is(const std::string& value) = 0;
  /// It is that tensor, which ops were applied to make.
  virtual void is(const Tensor& tensor) = 0;
  /// @}

  /// @name The graph
  /// @{
  /// Adds an operator with one output, and returns the name of that.
  std::string add(std::string_view type, const std::vector<std::string>& inputs,
                  const std::vector<OnnxAttribute>& attributes = {}) {
    return add(type, inputs, attributes, 1)[0];
  }
  /// The same for several outputs.
  virtual std::vector<std::string> add(std::string_view type, const std::vector<std::string>& inputs,
                                       const std::vector<OnnxAttribute>& attributes, size_t outputs) = 0;
  /// A constant: a tensor, whole numbers [numbers.size()], or one number of that type.
  virtual std::string constant(const Tensor& tensor) = 0;
  virtual std::string constant(const std::vector<int64_t>& numbers) = 0;
  std::string constant(double number, DType dtype = DType::float32) {
    return constant(Tensor::full({}, number, dtype));
  }
  /// The same elements in that type.
  std::string cast(const std::string& value, OnnxType to) {
    return add("Cast", {value}, {{"to", int64_t(to)}});
  }
  /// @}
};

}  // namespace elbow

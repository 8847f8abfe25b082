#pragma once
#include <map>
#include <set>

#include "autograd/onnx/node.hpp"
#include "base/protobuf.hpp"

namespace elbow {

/// The numbers of rows, of several sizes: a size -1 is written as this name.
inline constexpr auto onnx_rows = "rows";

/// What goes into an ONNX graph, or comes out of it: float32 of these sizes, -1 for the number of rows.
struct OnnxPort {
  std::string name, doc;
  std::vector<int64_t> sizes;
};

/// An ONNX file in the making: a graph of operators (NodeProto), constants (TensorProto), inputs and outputs. Everything that is added
/// is written at once, in the wire format; the numbers of fields are those of onnx.proto.
class OnnxGraph {
 public:
  static constexpr int64_t opset = 17;  ///< the version of the operators

  explicit OnnxGraph(const std::string& name) { graph_.text(graph_name, name); }

  void input(const OnnxPort& port);
  void output(const OnnxPort& port);
  /// Adds an operator. Values come before the operators that they go into.
  void node(std::string_view type, const std::vector<std::string>& inputs,
            const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes);
  /// Adds a constant with these elements, little-endian and row by row.
  void constant(const std::string& name, OnnxType type, const std::vector<int64_t>& sizes,
                std::string_view elements);
  /// Whether an operator takes that value.
  bool uses(const std::string& value) const { return used_.contains(value); }
  /// The whole file, with these texts about it.
  std::string file(const std::string& version, const std::map<std::string, std::string>& metadata) const;

 private:
  static constexpr uint32_t graph_node = 1, graph_name = 2, graph_constant = 5, graph_input = 11,
                            graph_output = 12;
  ProtobufMessage graph_;
  std::set<std::string> used_;
};

}  // namespace elbow

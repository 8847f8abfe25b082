#include "autograd/onnx/graph.hpp"

#include <bit>

namespace elbow {
namespace {

// The fields of onnx.proto that we write (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), message by message. What may be
// left out, such as value_info, is.
namespace model {
constexpr uint32_t ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, opset_import = 8,
                   metadata = 14;
}
namespace opset_id {
constexpr uint32_t version = 2;
}
namespace entry {
constexpr uint32_t key = 1, value = 2;
}
namespace node_field {
constexpr uint32_t input = 1, output = 2, name = 3, op_type = 4, attribute = 5;
}
namespace attribute_field {
constexpr uint32_t name = 1, f = 2, i = 3, ints = 8, type = 20;
enum Type { of_float = 1, of_int = 2, of_ints = 7 };
}  // namespace attribute_field
namespace tensor_field {
constexpr uint32_t dims = 1, data_type = 2, name = 8, raw_data = 9;
}
namespace value_info {
constexpr uint32_t name = 1, type = 2, doc = 3;
}
namespace type_field {
constexpr uint32_t tensor = 1, elem_type = 1, shape = 2, dim = 1, dim_value = 1, dim_param = 2;
}
constexpr int64_t ir_version = 8;  // of the file format itself: that of opset 17

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian, and so is this code");

ProtobufMessage port_message(const OnnxPort& port) {
  ProtobufMessage shape;
  for (const int64_t size : port.sizes) {
    ProtobufMessage dim;
    size < 0 ? dim.text(type_field::dim_param, onnx_rows) : dim.number(type_field::dim_value, size);
    shape.message(type_field::dim, dim);
  }
  ProtobufMessage tensor, type, value;
  tensor.number(type_field::elem_type, int64_t(OnnxType::float32)).message(type_field::shape, shape);
  type.message(type_field::tensor, tensor);
  return value.text(value_info::name, port.name)
      .message(value_info::type, type)
      .text(value_info::doc, port.doc);
}

ProtobufMessage attribute_message(const OnnxAttribute& a) {
  using namespace attribute_field;
  ProtobufMessage message;
  message.text(name, a.name);
  if (const auto* number = std::get_if<int64_t>(&a.value))
    return message.number(i, *number).number(type, of_int);
  if (const auto* real = std::get_if<float>(&a.value)) return message.real(f, *real).number(type, of_float);
  for (const int64_t n : std::get<std::vector<int64_t>>(a.value)) message.number(ints, n);
  return message.number(type, of_ints);
}

}  // namespace

void OnnxGraph::input(const OnnxPort& port) { graph_.message(graph_input, port_message(port)); }
void OnnxGraph::output(const OnnxPort& port) { graph_.message(graph_output, port_message(port)); }

void OnnxGraph::node(std::string_view type, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs, const std::vector<OnnxAttribute>& attributes) {
  ProtobufMessage message;
  for (const std::string& value : inputs) message.text(node_field::input, value);
  for (const std::string& value : outputs) message.text(node_field::output, value);
  message.text(node_field::name, outputs[0]).text(node_field::op_type, type);
  for (const OnnxAttribute& a : attributes) message.message(node_field::attribute, attribute_message(a));
  graph_.message(graph_node, message);
  used_.insert(inputs.begin(), inputs.end());
}

void OnnxGraph::constant(const std::string& name, OnnxType type, const std::vector<int64_t>& sizes,
                         std::string_view elements) {
  ProtobufMessage message;
  for (const int64_t size : sizes) message.number(tensor_field::dims, size);
  message.number(tensor_field::data_type, int64_t(type))
      .text(tensor_field::name, name)
      .text(tensor_field::raw_data, elements);
  graph_.message(graph_constant, message);
}

std::string OnnxGraph::file(const std::string& version,
                            const std::map<std::string, std::string>& metadata) const {
  if (graph_.bytes().size() >= size_t{1} << 31)
    fail("onnx", "the graph has ", graph_.bytes().size() >> 20, " MB; the format takes less than 2048");
  ProtobufMessage message, operators;
  operators.number(opset_id::version, opset);  // no domain: ONNX's own operators
  message.number(model::ir_version, ir_version)
      .text(model::producer_name, "elbow")
      .text(model::producer_version, version)
      .message(model::graph, graph_)
      .message(model::opset_import, operators);
  for (const auto& [key, value] : metadata)
    message.message(model::metadata, ProtobufMessage().text(entry::key, key).text(entry::value, value));
  return message.bytes();
}

}  // namespace elbow

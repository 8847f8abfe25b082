#pragma once
#include <functional>

#include "autograd/onnx/graph.hpp"

namespace elbow {

/// An input of a computation that is to be written as ONNX: the same one for two batches, which have different numbers of rows and
/// different values.
struct OnnxInput {
  std::string name, doc;
  Tensor first, second;
};
/// One of shape [rows, columns].
OnnxInput rows_input(const std::string& name, int64_t columns, const std::string& doc);

struct OnnxOutput {
  std::string name, doc;
  Tensor value;
};

/// What the file says of itself.
struct OnnxAbout {
  std::string name, version;
  std::map<std::string, std::string> metadata;
  std::vector<std::pair<std::string, Tensor>> names;  ///< of constants, such as parameters; others get numbers
};

struct OnnxModel {
  std::string file;
  std::vector<OnnxPort> inputs, outputs;
};

/// The computation f as an ONNX file. f is run, and each op that it applies is written down (OpObserver, OnnxNode). What it computes
/// without ops, or from no input, is a constant of the graph.
///
/// It is run twice, for the two batches. A size that differs between them depends on the number of rows, and is computed
/// from it in the graph; so the graph takes any number of rows. A constant that differs is no constant: Error. So is an
/// op that has no form in ONNX. Inputs that f does not use are left out. On the CPU, in float32.
OnnxModel onnx_model(const std::vector<OnnxInput>& inputs,
                     const std::function<std::vector<OnnxOutput>(const std::vector<Tensor>&)>& f,
                     const OnnxAbout& about);

}  // namespace elbow

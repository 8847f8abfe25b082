#pragma once
#include "autograd/onnx/trace.hpp"
#include "cvae/experiment.hpp"

namespace elbow {

/// The files that onnx_files() may make: "encoder.onnx", ....
std::vector<std::string> onnx_file_names();

/// A trained model as ONNX files by name, each a graph that takes any number of rows: what the model computes in evaluation
/// mode. Inputs and outputs (docs/commands.md), where n is the number of columns, L of latents, and what the model does not need is
/// left out:
///
///     encoder.onnx         x [rows, n], observed [rows, n], CONDITION -> mean, log_var [rows, L]
///     decoder.onnx         z [rows, L], CONDITION                     -> outputs [rows, outputs], values [rows, n]
///     prior.onnx           CONDITION                                  -> mean, log_var [rows, L], of a normal prior; of another one:
///                          noise [rows, L], choice [rows, 1], CONDITION -> z [rows, L], a draw
///     prior_density.onnx   z [rows, L], CONDITION                     -> log_density [rows], of such a prior
///
/// CONDITION is x and given [rows, n], or attributes and given [rows, attributes]. N(0, I) has no file. The model is on the CPU and
/// in evaluation mode. Error, naming the file, for what has no form in ONNX.
std::map<std::string, OnnxModel> onnx_files(const Experiment& e);

}  // namespace elbow

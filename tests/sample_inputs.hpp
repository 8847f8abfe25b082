#pragma once
#include <cstdlib>
#include <sstream>
#include <vector>

#include "autograd/random.hpp"
#include "autograd/registry.hpp"
#include "base/error.hpp"

/// The ops to test, and what their samples are called with.
namespace elbow::test {

/// The ops to test: all of them, or those that the environment names, as in `ELBOW_OP=softplus,gelu
/// build/test_ops`.
inline std::vector<OpInfo> ops_to_test() {
  const char* only = std::getenv("ELBOW_OP");
  if (!only) return all_ops();
  std::vector<OpInfo> ops;
  std::istringstream names(only);
  for (std::string name; std::getline(names, name, ',');) {
    const size_t before = ops.size();
    for (const OpInfo& op : all_ops())
      if (op.name == name) ops.push_back(op);
    if (ops.size() == before) fail("ELBOW_OP", "there is no op named ", name);
  }
  return ops;
}

/// Whether the gradient of each input is to be checked.
inline std::vector<bool> wanted_inputs(const OpInfo& op, const OpSample& sample) {
  std::vector<bool> wanted;
  for (const InputSpec& input : sample.inputs) wanted.push_back(!input.is_constant && op.has_derivative);
  return wanted;
}

/// A random gradient of the output to start the backward pass from. Its elements stay away from 0, so that none
/// of the output's elements goes unnoticed.
inline Tensor random_cotangent(const Shape& shape, DType dtype = DType::float64) {
  Tensor magnitude = uniform({99, 0, 0}, shape, 0.5, 1.5, DType::float64);
  const Tensor sign = bernoulli({99, 0, 1}, shape, 0.5, DType::float64);
  double* m = magnitude.data<double>();
  for (int64_t i = 0; i < magnitude.numel(); ++i) m[i] = sign.data<double>()[i] != 0 ? m[i] : -m[i];
  return magnitude.to(DType::float32).to(dtype);  // the same numbers in both types
}

inline std::vector<Tensor> converted(const std::vector<Tensor>& tensors, DType dtype) {
  std::vector<Tensor> out;
  for (const Tensor& t : tensors) out.push_back(t.to(dtype));
  return out;
}

/// A sample's inputs in float64, rounded to float32 first: so both types see the same numbers.
inline std::vector<Tensor> inputs_of(const OpInfo& op, const OpSample& sample, uint64_t seed = 1) {
  return converted(draw_inputs(sample.inputs, op.kinks, seed, DType::float32), DType::float64);
}

}  // namespace elbow::test

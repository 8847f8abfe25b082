#pragma once
#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// Kernels that are not an op's.
namespace elbow::cuda {

/// to += from.
void add_arrays(const Tensor& from, Tensor& to);
/// Sets all elements.
void fill_array(Tensor& to, double value);
/// All elements from the sequence that `key` names (autograd/random.hpp).
void uniform_array(const RandomKey& key, Tensor& to, double lo, double hi);
void normal_array(const RandomKey& key, Tensor& to, double mean, double stddev);
void bernoulli_array(const RandomKey& key, Tensor& to, double p);

}  // namespace elbow::cuda

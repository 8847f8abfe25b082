#pragma once
#include "autograd/tensor.hpp"

// Tensors that share or copy elements behind the tape's back, for kernels, data sets and flat buffers. In a
// computation that is to be differentiated, use Tensor::reshape, clone and to, which are ops.
namespace elbow {

/// Elements first_element, first_element + 1, ... of t under that shape; shares them, and is no part of any tape.
/// Throws when t has not that many.
Tensor alias(const Tensor& t, const Shape& shape, int64_t first_element = 0);

/// A copy of the elements, in that type, that is no part of any tape.
Tensor copy_of(const Tensor& t);
Tensor copy_of(const Tensor& t, DType dtype);

}  // namespace elbow

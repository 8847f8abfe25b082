#pragma once
#include "autograd/tensor.hpp"

// Tensors that share or copy elements behind the tape's back, for kernels, data sets and flat buffers. In a
// computation that is to be differentiated, use Tensor::reshape, clone and to, which are ops.
namespace elbow {

/// Elements first_element, first_element + 1, ... of t under that shape; shares them, and is no part of any tape.
/// Throws when t has not that many.
Tensor alias(const Tensor& t, const Shape& shape, int64_t first_element = 0);

/// The bytes from first_byte on as elements of any type: for numbers of several types that lie in one tensor.
Tensor alias_bytes(const Tensor& t, DType dtype, const Shape& shape, int64_t first_byte);

/// A copy of the elements, in that type, that is no part of any tape.
Tensor copy_of(const Tensor& t);
Tensor copy_of(const Tensor& t, DType dtype);

/// The elements on the CPU, no part of any tape: shared where they are there already, else a copy.
Tensor on_cpu(const Tensor& t);

}  // namespace elbow

#pragma once
#include "autograd/indices.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// Rows of 0 with a 1 at the index: [..., classes] from indices [...]. A constant: no gradient passes. Throws for an index
/// that is not in [0, classes).
Tensor one_hot(const Indices& indices, int64_t classes, DType dtype = DType::float32,
               Device device = Device::cpu);

}  // namespace elbow

#pragma once
#include "autograd/indices.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// @name Where the largest, or the smallest, element lies along an axis
/// The place of the first one that no other beats; a NaN beats every number. The result has x's shape without the axis, or
/// with size 1 there when `keep` is set. Not recorded: places have no gradient. Throws for an axis that is not there or has
/// no elements.
/// @{
Indices argmax(const Tensor& x, int axis, bool keep = false);
Indices argmin(const Tensor& x, int axis, bool keep = false);
/// @}

}  // namespace elbow

#pragma once
#include "autograd/shape.hpp"

namespace elbow::ops {

/// to (+)= from, summed over the axes along which `to` would be broadcast: the backward of broadcasting, and the sum
/// over any axes. The order of the additions is fixed.
template <class T>
void sum_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add);

/// to (+)= from, repeated along the axes along which it is broadcast.
template <class T>
void repeat_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add);

}  // namespace elbow::ops

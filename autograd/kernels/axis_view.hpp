#pragma once
#include "autograd/shape.hpp"

namespace elbow {

/// A shape around one axis: [outer, size of the axis, inner].
struct AxisView {
  int64_t outer = 1, size = 1, inner = 1;
  AxisView(const Shape& shape, int axis) : size(shape[axis]) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }
  /// All elements as one axis.
  explicit AxisView(int64_t numel) : size(numel) {}
};

/// to[i] = from[i], or to[i] += from[i].
template <class T> void copy_or_add(const T* from, int64_t n, T* to, bool add) {
  for (int64_t i = 0; i < n; ++i) to[i] = add ? to[i] + from[i] : from[i];
}

}  // namespace elbow

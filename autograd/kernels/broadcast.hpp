#pragma once
#include <array>

#include "autograd/shape.hpp"

namespace elbow {

/// How M dense operands are walked when they are broadcast to one shape: along each axis an operand advances by
/// its stride, which is 0 where it is repeated. Axes along which all operands can be walked as one are merged,
/// so most walks have one or two axes; along the last one each stride is 0 or 1.
template <size_t M> struct BroadcastWalk {
  int rank = 0;
  std::array<int64_t, Shape::max_rank> sizes{};
  std::array<std::array<int64_t, Shape::max_rank>, M> strides{};

  BroadcastWalk(const Shape& out, const std::array<const Shape*, M>& operands) {
    std::array<int64_t, M> dense{};  // stride of the next axis of each operand, from the innermost outwards
    dense.fill(1);
    std::array<int64_t, Shape::max_rank> size{};
    std::array<std::array<int64_t, Shape::max_rank>, M> stride{};
    int n = 0;  // axes so far, the innermost first
    for (int axis = out.rank() - 1; axis >= 0; --axis) {
      std::array<int64_t, M> step{};
      for (size_t j = 0; j < M; ++j) {
        const int own = axis - (out.rank() - operands[j]->rank());
        const int64_t length = own >= 0 ? (*operands[j])[own] : 1;
        step[j] = length == 1 ? 0 : dense[j];
        dense[j] *= length;
      }
      if (out[axis] == 1) continue;
      bool merge = n > 0;
      for (size_t j = 0; merge && j < M; ++j) merge = step[j] == stride[j][n - 1] * size[n - 1];
      if (merge) {
        size[n - 1] *= out[axis];
        continue;
      }
      size[n] = out[axis];
      for (size_t j = 0; j < M; ++j) stride[j][n] = step[j];
      ++n;
    }
    if (n == 0) {  // one element
      size[n++] = 1;
    }
    rank = n;
    for (int i = 0; i < n; ++i) {  // outermost first
      sizes[i] = size[n - 1 - i];
      for (size_t j = 0; j < M; ++j) strides[j][i] = stride[j][n - 1 - i];
    }
  }

  int64_t inner_size() const { return sizes[rank - 1]; }
  int64_t inner_stride(size_t operand) const { return strides[operand][rank - 1]; }

  /// Number of walks along the last axis.
  int64_t rows() const {
    int64_t n = 1;
    for (int i = 0; i + 1 < rank; ++i) n *= sizes[i];
    return n;
  }

  /// The offset of each operand at the start of walk `row`.
  std::array<int64_t, M> offsets(int64_t row) const {
    std::array<int64_t, M> at{};
    for (int i = rank - 2; i >= 0; --i) {
      const int64_t index = row % sizes[i];
      row /= sizes[i];
      for (size_t j = 0; j < M; ++j) at[j] += index * strides[j][i];
    }
    return at;
  }
};

}  // namespace elbow

namespace elbow::ops {

/// to (+)= from, summed over the axes along which `to` would be broadcast: the backward of broadcasting, and the sum
/// over any axes. The order of the additions is fixed.
template <class T>
void sum_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add);

/// to (+)= from, repeated along the axes along which it is broadcast.
template <class T>
void repeat_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add);

}  // namespace elbow::ops

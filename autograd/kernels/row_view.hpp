#pragma once
#include <array>
#include <cstdint>

#include "autograd/kernels/math.hpp"
#include "autograd/shape.hpp"

namespace elbow {

/// Some axes of a dense tensor, counted through as one: element i of them lies [i] elements from the first. Neighbours are
/// merged, so that most often one axis is left and nothing is divided. A plain struct, handed to kernels by value.
struct MergedAxes {
  int64_t count = 1;   ///< of all their elements
  int last = 0;        ///< the outermost one
  bool narrow = true;  ///< whether indices fit into 32 bits, whose divisions are far quicker
  int64_t sizes[Shape::max_rank]{}, strides[Shape::max_rank]{};  ///< the innermost axis first

  ELBOW_FN int64_t operator[](int64_t i) const { return narrow ? walk(uint32_t(i)) : walk(uint64_t(i)); }

 private:
  template <class Index> ELBOW_FN int64_t walk(Index i) const {
    int64_t at = 0;
    for (int a = 0; a < last; ++a) {
      at += int64_t(i % Index(sizes[a])) * strides[a];
      i /= Index(sizes[a]);
    }
    return at + int64_t(i) * strides[last];
  }
};

/// A dense tensor seen as rows, each holding the elements along the chosen axes: element k of row r lies at
/// rows[r] + elements[k].
struct RowView {
  MergedAxes rows, elements;

  RowView(const Shape& shape, const std::array<bool, Shape::max_rank>& chosen) {
    int64_t stride = 1;
    const MergedAxes* before = nullptr;  // which of the two the axis further in belongs to
    for (int a = shape.rank() - 1; a >= 0; stride *= shape[a--]) {
      if (shape[a] == 1) continue;
      MergedAxes& axes = chosen[size_t(a)] ? elements : rows;
      if (&axes != before && axes.sizes[0] != 0) ++axes.last;
      if (&axes != before) axes.strides[axes.last] = stride;
      axes.sizes[axes.last] = (&axes == before ? axes.sizes[axes.last] : 1) * shape[a];
      axes.count *= shape[a];
      axes.narrow = axes.count < int64_t{1} << 31;
      before = &axes;
    }
  }
  /// Whether the elements of a row are neighbours.
  bool adjacent_elements() const { return elements.strides[0] <= 1; }
};

}  // namespace elbow

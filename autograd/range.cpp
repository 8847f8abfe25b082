#include "autograd/range.hpp"

#include <algorithm>

#include "autograd/ops.hpp"

namespace elbow {

Tensor Tensor::part(std::initializer_list<AxisIndex> indices) const {
  if (int64_t(indices.size()) > rank())
    fail("part", indices.size(), " indices for a tensor of shape ", shape());
  Tensor y = *this;
  Shape kept;
  int axis = 0;
  for (const AxisIndex& index : indices) {
    const int64_t size = shape()[axis];
    int64_t first = index.range.first, last = index.range.last;
    if (index.drops) {
      if (first < -size || first >= size)
        fail("part", "index ", first, " of axis ", axis, " of a tensor of shape ", shape());
      first += first < 0 ? size : 0;
      y = slice(y, axis, first, first + 1);
    } else {
      const auto from_front = [&](int64_t i) { return std::clamp(i < 0 ? i + size : i, int64_t{0}, size); };
      first = from_front(first);
      last = std::max(first, from_front(last));
      if (first != 0 || last != size || index.range.step != 1)
        y = slice(y, axis, first, last, index.range.step);
      kept.push_back(y.size(axis));
    }
    ++axis;
  }
  for (; axis < rank(); ++axis) kept.push_back(shape()[axis]);
  return kept == y.shape() ? y : elbow::reshape(y, kept);
}

}  // namespace elbow

#pragma once
#include "autograd/indices.hpp"
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

/// Throws, naming `op`, unless `index` picks from x along the axis as gather does: of x's rank, and elsewhere no larger.
inline void require_gatherable(const Shape& x, int axis, const Indices& index, const char* op) {
  const Shape& shape = index.shape();
  bool fits = shape.rank() == x.rank();
  for (int k = 0; fits && k < x.rank(); ++k) fits = k == axis || shape[k] <= x[k];
  if (!fits) fail(op, "an index of shape ", shape, " along axis ", axis, " of a tensor of shape ", x);
  index.require_below(x[axis], op);
}

/// f(element of x, element of the index) for each element of the index: x[..., index[..., i, ...], ...].
template <class F> void for_each_gathered(const Shape& x, int axis, const Indices& index, F f) {
  std::array<int64_t, Shape::max_rank> at{};
  const Shape& shape = index.shape();
  for (int64_t i = 0; i < index.numel(); ++i) {
    int64_t element = 0;
    for (int k = 0; k < x.rank(); ++k) element = element * x[k] + (k == axis ? index[i] : at[size_t(k)]);
    f(element, i);
    for (int k = x.rank() - 1; k >= 0; --k) {  // count up, the last axis fastest
      if (++at[size_t(k)] < shape[k]) break;
      at[size_t(k)] = 0;
    }
  }
}

/// The element of x for each element of the index.
inline std::vector<int64_t> gathered_elements(const Shape& x, int axis, const Indices& index) {
  std::vector<int64_t> elements(size_t(index.numel()));
  for_each_gathered(x, axis, index, [&](int64_t element, int64_t i) { elements[size_t(i)] = element; });
  return elements;
}

}  // namespace elbow

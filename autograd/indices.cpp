#include "autograd/indices.hpp"

#include "autograd/alias.hpp"
#include "autograd/axes.hpp"
#include "autograd/kernels/axis_view.hpp"
#include "base/error.hpp"

namespace elbow {

Indices::Indices(std::vector<int64_t> values, const Shape& shape)
    : values_(std::make_shared<const std::vector<int64_t>>(std::move(values))), shape_(shape) {
  if (numel() != shape.numel()) fail("Indices", numel(), " numbers do not fill the shape ", shape);
}

void Indices::require_below(int64_t limit, const char* op) const {
  for (int64_t i = 0; i < numel(); ++i)
    if ((*this)[i] < 0 || (*this)[i] >= limit)
      fail(op, "index ", (*this)[i], " (number ", i, ") is not in [0, ", limit, ")");
}

Tensor one_hot(const Indices& indices, int64_t classes, DType dtype, Device device) {
  indices.require_below(classes, "one_hot");
  Shape shape = indices.shape();
  shape.push_back(classes);
  Tensor y = Tensor::zeros(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    T* to = y.data<T>();  // [indices, classes]
    for (int64_t i = 0; i < indices.numel(); ++i) to[i * classes + indices[i]] = T(1);
  });
  return y.to(device);
}

namespace {

// The place of the first element that no other beats.
template <class F> Indices arg_best(const Tensor& given, int axis, bool keep, const char* name, F beats) {
  const Tensor x = on_cpu(given);
  const Shape& shape = x.shape();
  const AxisView v(shape, shape.axis(axis, name));
  if (v.size == 0) fail(name, "of no elements: axis ", axis, " of a tensor of shape ", shape);
  std::vector<int64_t> places(size_t(v.outer * v.inner));  // [outer, inner]
  dispatch(x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();  // [outer, size, inner]
    for (int64_t o = 0; o < v.outer; ++o)
      for (int64_t k = 0; k < v.inner; ++k) {
        const T* column = px + o * v.size * v.inner + k;  // [size], `inner` apart
        int64_t best = 0;
        for (int64_t i = 1; i < v.size; ++i) {
          const T here = column[i * v.inner], held = column[best * v.inner];
          if (beats(here, held) || (here != here && held == held)) best = i;
        }
        places[size_t(o * v.inner + k)] = best;
      }
  });
  return {std::move(places), Axes(axis).reduced(shape, keep, name)};
}

}  // namespace

Indices argmax(const Tensor& x, int axis, bool keep) {
  return arg_best(x, axis, keep, "argmax", [](auto a, auto b) { return a > b; });
}

Indices argmin(const Tensor& x, int axis, bool keep) {
  return arg_best(x, axis, keep, "argmin", [](auto a, auto b) { return a < b; });
}

}  // namespace elbow

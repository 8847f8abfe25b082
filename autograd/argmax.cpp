#include "autograd/argmax.hpp"

#include "autograd/alias.hpp"
#include "autograd/axes.hpp"
#include "autograd/kernels/axis_view.hpp"

namespace elbow {
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

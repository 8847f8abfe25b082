#include "autograd/backend/cuda/reduce.hpp"

#include "autograd/alias.hpp"
#include "autograd/backend/cuda/elementwise.hpp"

namespace elbow::cuda {

template <class T>
void sum_to_shape(const Tensor& from, const Shape& from_shape, Target to, const Shape& to_shape,
                  double factor) {
  std::array<bool, Shape::max_rank> summed{};
  for (int a = 0; a < from_shape.rank(); ++a) {
    const int own = a - (from_shape.rank() - to_shape.rank());
    summed[size_t(a)] = own < 0 || to_shape[own] != from_shape[a];
  }
  sum_rows<T>(RowView(from_shape, summed), Read<T>{in<T>(from)}, to, factor);
}

template <class T> struct Scaled {
  T factor;
  ELBOW_DEVICE void operator()(const T (&x)[1], T (&y)[1]) const { y[0] = factor * x[0]; }
};

template <class T>
void repeat_to_shape(const Tensor& from, const Shape& from_shape, Target to, const Shape& to_shape,
                     double factor) {
  const Tensor x = alias(from, from_shape);
  elementwise<T, 1, 1>(Scaled<T>{T(factor)}, to_shape, {&x}, Results<T, 1>{{output<T>(to)}});
}

template void sum_to_shape<float>(const Tensor&, const Shape&, Target, const Shape&, double);
template void sum_to_shape<double>(const Tensor&, const Shape&, Target, const Shape&, double);
template void repeat_to_shape<float>(const Tensor&, const Shape&, Target, const Shape&, double);
template void repeat_to_shape<double>(const Tensor&, const Shape&, Target, const Shape&, double);

}  // namespace elbow::cuda

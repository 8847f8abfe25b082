#define ELBOW_KERNELS
#include "autograd/sum_to_shape.hpp"

#include "autograd/broadcast.hpp"
#include "autograd/simd.hpp"

namespace elbow::ops {

template <class T>
void sum_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add) {
  if (!add) std::fill_n(to, to_shape.numel(), T(0));
  if (from_shape.numel() == 0) return;
  const auto same = [](auto v) { return v; };
  const BroadcastWalk<1> walk(from_shape, {&to_shape});
  const int64_t inner = walk.inner_size();
  for (int64_t row = 0; row < walk.rows(); ++row) {  // one after the other: rows may share their target
    T* target = to + walk.offsets(row)[0];
    const T* source = from + row * inner;
    if (walk.inner_stride(0) == 1)
      simd::map<T>(inner, target, true, same, source);
    else
      *target += simd::sum_of<T>(inner, same, source);
  }
}

template <class T>
void repeat_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add) {
  if (to_shape.numel() == 0) return;
  const BroadcastWalk<1> walk(to_shape, {&from_shape});
  const int64_t inner = walk.inner_size();
  for (int64_t row = 0; row < walk.rows(); ++row) {
    const T* source = from + walk.offsets(row)[0];
    T* target = to + row * inner;
    const int64_t stride = walk.inner_stride(0);
    if (add)
      for (int64_t i = 0; i < inner; ++i) target[i] += source[i * stride];
    else
      for (int64_t i = 0; i < inner; ++i) target[i] = source[i * stride];
  }
}

template void sum_to_shape(const float*, const Shape&, float*, const Shape&, bool);
template void sum_to_shape(const double*, const Shape&, double*, const Shape&, bool);
template void repeat_to_shape(const float*, const Shape&, float*, const Shape&, bool);
template void repeat_to_shape(const double*, const Shape&, double*, const Shape&, bool);

}  // namespace elbow::ops

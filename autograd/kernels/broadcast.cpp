#include "autograd/kernels/broadcast.hpp"

#include "autograd/kernels/column_sums.hpp"
#include "autograd/tensor.hpp"

namespace elbow::ops {
namespace {

// to[i] += the sum of column i of from[rows, n]. Long columns are summed up in blocks of 256 rows, and these in turn.
// Added one by one, 60,000 similar numbers would lose three of float32's seven digits.
template <class T> void add_columns(const T* from, int64_t rows, int64_t n, T* to) {
  constexpr int64_t block = 256;
  const auto same = [](auto v) { return v; };
  if (rows <= block) {
    simd::column_sums<T, 1>(
        rows, n, {to}, true, [](auto v) { return std::array{v}; }, simd::OfRows{from});
    return;
  }
  int64_t part = block;
  while (part * block < rows) part *= block;
  Tensor sums = Tensor::empty({n}, dtype_of<T>);
  T* s = sums.data<T>();
  for (int64_t first = 0; first < rows; first += part) {
    std::fill_n(s, n, T(0));
    add_columns(from + first * n, std::min(part, rows - first), n, s);
    simd::map<T>(n, to, true, same, s);
  }
}

}  // namespace

template <class T>
void sum_to_shape(const T* from, const Shape& from_shape, T* to, const Shape& to_shape, bool add) {
  if (!add) std::fill_n(to, to_shape.numel(), T(0));
  if (from_shape.numel() == 0) return;
  const auto same = [](auto v) { return v; };
  const BroadcastWalk<1> walk(from_shape, {&to_shape});
  const int64_t inner = walk.inner_size();
  const bool dense = walk.inner_stride(0) == 1;
  // how many walks in a row have the same target
  const int64_t group =
      dense && walk.rank > 1 && walk.strides[0][walk.rank - 2] == 0 ? walk.sizes[walk.rank - 2] : 1;
  for (int64_t row = 0; row < walk.rows();
       row += group) {  // one after the other: they may share their target, too
    T* target = to + walk.offsets(row)[0];
    if (dense)
      add_columns(from + row * inner, group, inner, target);
    else
      *target += simd::sum_of<T>(inner, same, from + row * inner);
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

#include "autograd/axes.hpp"

#include "autograd/alias.hpp"

namespace elbow {

AxisRows::AxisRows(const Shape& shape, const Axes& axes, const char* op)
    : shape_(shape), chosen_(axes.of(shape, op)) {
  std::array<int64_t, Shape::max_rank> dense{};
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    dense[size_t(i)] = stride;
    stride *= shape[i];
  }
  size_t n = 0;
  for (bool wanted : {false, true})
    for (int i = 0; i < shape.rank(); ++i) {
      if (chosen_[size_t(i)] != wanted) continue;
      sizes_[n] = shape[i];
      strides_[n++] = dense[size_t(i)];
      (wanted ? length_ : rows_) *= shape[i];
    }
  for (int i = 1; i < shape.rank(); ++i)
    in_order_ = in_order_ && !(chosen_[size_t(i - 1)] && !chosen_[size_t(i)]);
}

template <class F> void AxisRows::walk(F f) const {
  std::array<int64_t, Shape::max_rank> index{};
  int64_t there = 0;
  for (int64_t here = 0; here < rows_ * length_; ++here) {
    f(here, there);
    for (int a = shape_.rank() - 1; a >= 0; --a) {  // count up, the last axis fastest
      there += strides_[size_t(a)];
      if (++index[size_t(a)] < sizes_[size_t(a)]) break;
      there -= strides_[size_t(a)] * sizes_[size_t(a)];
      index[size_t(a)] = 0;
    }
  }
}

Tensor AxisRows::gather(const Tensor& x) const {
  if (in_order_) return alias(x, {rows_, length_});
  Tensor out = Tensor::empty({rows_, length_}, x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    T* to = out.data<T>();
    const T* from = x.data<T>();
    walk([&](int64_t here, int64_t there) { to[here] = from[there]; });
  });
  return out;
}

template <class T> void AxisRows::scatter(const T* from, T* to, bool add) const {
  walk([&](int64_t here, int64_t there) { to[there] = add ? to[there] + from[here] : from[here]; });
}
template void AxisRows::scatter<float>(const float*, float*, bool) const;
template void AxisRows::scatter<double>(const double*, double*, bool) const;

}  // namespace elbow

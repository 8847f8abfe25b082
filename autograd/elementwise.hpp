#pragma once
// The kernels of the element-wise ops, made from an op's formulas: forward, backward and broadcasting.
#include "autograd/broadcast.hpp"
#include "autograd/op.hpp"
#include "autograd/parallel.hpp"
#include "autograd/sum_to_shape.hpp"

namespace elbow::ops {

template <class O> Shape elementwise_shape(Inputs in) {
  Shape shape = in[0].shape();
  for (size_t i = 1; i < in.size(); ++i) shape = broadcast(shape, in[i].shape(), O::name);
  return shape;
}

/// y[i] (+)= f(x0, x1, ...) for i < n along one walk, where operand j is x[j][i], or the one number x[j][0]
/// when its stride is 0.
template <class T, class F, size_t M>
void map_walk(int64_t n, T* y, bool add, F f, const std::array<const T*, M>& x,
              const std::array<int64_t, M>& stride) {
  using V = simd::Vec<T>;
  constexpr int64_t W = simd::width<T>;
  const auto each = std::make_index_sequence<M>{};
  bool dense = true;
  for (size_t j = 0; j < M; ++j) dense = dense && stride[j] == 1;
  if (dense) return [&]<size_t... J>(std::index_sequence<J...>) {
      simd::map<T>(n, y, add, f, x[J]...);
    }
  (each);

  std::array<V, M> repeated;
  for (size_t j = 0; j < M; ++j) repeated[j] = V(x[j][0]);
  const auto at = [&](size_t j, int64_t i, int64_t count) {
    if (!stride[j]) return repeated[j];
    return count == W ? V::load_unaligned(x[j] + i) : simd::detail::load_some(x[j] + i, count);
  };
  for (int64_t i = 0; i < n; i += W) {
    const int64_t count = std::min(W, n - i);
    V v = [&]<size_t... J>(std::index_sequence<J...>) { return V(f(at(J, i, count)...)); }
    (each);
    alignas(64) std::array<T, size_t(W)> lanes;
    v.store_aligned(lanes.data());
    for (int64_t k = 0; k < count; ++k) y[i + k] = add ? y[i + k] + lanes[size_t(k)] : lanes[size_t(k)];
  }
}

/// y (+)= f(operands), with the operands broadcast to y's shape.
template <class T, class F, size_t M>
void map_broadcast(const Shape& shape, T* y, bool add, F f, const std::array<const T*, M>& x,
                   const std::array<const Shape*, M>& shapes) {
  if (shape.numel() == 0) return;
  constexpr int64_t chunk = 8192;  // fixed, so that the cut does not depend on the number of threads
  const BroadcastWalk<M> walk(shape, shapes);
  const int64_t inner = walk.inner_size(), chunks = (inner + chunk - 1) / chunk;
  std::array<int64_t, M> stride;
  for (size_t j = 0; j < M; ++j) stride[j] = walk.inner_stride(j);
  parallel_for(walk.rows() * chunks, shape.numel(), [&](int64_t task) {
    const int64_t row = task / chunks, first = task % chunks * chunk;
    std::array<const T*, M> p = x;
    const auto offset = walk.offsets(row);
    for (size_t j = 0; j < M; ++j) p[j] += offset[j] + first * stride[j];
    map_walk(std::min(chunk, inner - first), y + row * inner + first, add, f, p, stride);
  });
}

template <class T, class O> void elementwise_forward(const O& op, ForwardContext& context) {
  constexpr size_t N = size_t(O::arity);
  std::array<const T*, N> x;
  std::array<const Shape*, N> shapes;
  for (size_t i = 0; i < N; ++i) {
    x[i] = context.in[i].template data<T>();
    shapes[i] = &context.in[i].shape();
  }
  map_broadcast<T>(
      context.y.shape(), context.y.template data<T>(), false, [op](auto... v) { return op.forward(v...); }, x,
      shapes);
  if (O::saves == Saves::inputs || O::saves == Saves::inputs_and_output)
    for (size_t i = 0; i < N; ++i) context.save(context.in[i]);
  if (O::saves == Saves::output || O::saves == Saves::inputs_and_output) context.save(context.y);
}

/// The derivative of input I. All formulas take (inputs..., y, gy); what the op did not save is stood in for by
/// gy, which such a formula never reads.
template <class T, int I, class O> void elementwise_backward_of(const O& op, BackwardContext& context) {
  constexpr size_t N = size_t(O::arity);
  constexpr bool has_inputs = O::saves == Saves::inputs || O::saves == Saves::inputs_and_output;
  constexpr bool has_output = O::saves == Saves::output || O::saves == Saves::inputs_and_output;
  if (!context.needs(size_t(I))) return;
  const Tensor& dy = context.dy();
  std::array<const T*, N + 2> x;
  std::array<const Shape*, N + 2> shapes;
  const auto operand = [&](size_t j, const Tensor& t) {
    x[j] = t.template data<T>();
    shapes[j] = &t.shape();
  };
  for (size_t j = 0; j < N; ++j) operand(j, has_inputs ? context.saved(j) : dy);
  operand(N, has_output ? context.saved(has_inputs ? N : 0) : dy);
  operand(N + 1, dy);
  const auto formula = [op](auto... v) {
    if constexpr (N == 1)
      return op.backward(v...);
    else
      return op.backward(Index<I>{}, v...);
  };
  const Shape& target_shape = context.shape_of_input(size_t(I));
  auto [target, add] = context.template into<T>(size_t(I));
  if (target_shape == dy.shape()) return map_broadcast<T>(dy.shape(), target, add, formula, x, shapes);
  const Tensor whole = Tensor::empty(dy.shape(), dy.dtype());
  map_broadcast<T>(dy.shape(), whole.template data<T>(), false, formula, x, shapes);
  sum_to_shape(whole.template data<T>(), dy.shape(), target, target_shape, add);
}

template <class T, class O> void elementwise_backward(const O& op, BackwardContext& context) {
  [&]<int... I>(std::integer_sequence<int, I...>) { (elementwise_backward_of<T, I>(op, context), ...); }
  (std::make_integer_sequence<int, O::arity>{});
}

}  // namespace elbow::ops

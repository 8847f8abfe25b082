#include "autograd/kernels/elementwise.hpp"

#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

namespace elbow::ops {
namespace {

// y (+)= the strip's formula of M operands, broadcast to `shape`.
template <size_t M, class T>
void run_broadcast(Strip<T> strip, const void* op, const Shape& shape, T* y, bool add,
                   const Tensor* const* operands) {
  if (shape.numel() == 0) return;
  constexpr int64_t chunk = 8192;  // fixed, so that the cut does not depend on the number of threads
  std::array<const T*, M> x;
  std::array<const Shape*, M> shapes;
  for (size_t j = 0; j < M; ++j) {
    x[j] = operands[j]->data<T>();
    shapes[j] = &operands[j]->shape();
  }
  const BroadcastWalk<M> walk(shape, shapes);
  const int64_t inner = walk.inner_size(), chunks = (inner + chunk - 1) / chunk;
  std::array<int64_t, M> stride;
  for (size_t j = 0; j < M; ++j) stride[j] = walk.inner_stride(j);
  parallel_for(walk.rows() * chunks, shape.numel(), [&](int64_t task) {
    const int64_t row = task / chunks, first = task % chunks * chunk;
    std::array<const T*, M> p = x;
    const auto offset = walk.offsets(row);
    for (size_t j = 0; j < M; ++j) p[j] += offset[j] + first * stride[j];
    strip(op, std::min(chunk, inner - first), y + row * inner + first, add, p.data(), stride.data());
  });
}

template <class T>
void run(Strip<T> strip, const void* op, const Shape& shape, T* y, bool add,
         std::span<const Tensor* const> operands) {
  switch (operands.size()) {
    case 1: return run_broadcast<1>(strip, op, shape, y, add, operands.data());
    case 2: return run_broadcast<2>(strip, op, shape, y, add, operands.data());
    case 3: return run_broadcast<3>(strip, op, shape, y, add, operands.data());
    case 4: return run_broadcast<4>(strip, op, shape, y, add, operands.data());
  }
}

}  // namespace

Shape elementwise_shape(const char* op, Inputs in) {
  Shape shape = in[0].shape();
  for (size_t i = 1; i < in.size(); ++i) shape = broadcast(shape, in[i].shape(), op);
  return shape;
}

template <class T> void elementwise_forward(const Strips<T>& strips, const void* op, ForwardContext& context) {
  run<T>(strips.forward, op, context.y.shape(), context.y.template data<T>(), false,
         {context.in.tensors, context.in.size()});
  if (strips.reads == Reads::inputs)
    for (size_t i = 0; i < context.in.size(); ++i) context.save(context.in[i]);
  if (strips.reads == Reads::output) context.save(context.y);
}

template <class T>
void elementwise_backward(const Strips<T>& strips, const void* op, BackwardContext& context) {
  const Tensor& dy = context.dy();
  const size_t n_saved = strips.reads == Reads::inputs   ? context.inputs()
                         : strips.reads == Reads::output ? 1
                                                         : 0;
  std::array<const Tensor*, 4> operands;
  for (size_t j = 0; j < n_saved; ++j) operands[j] = &context.saved(j);
  operands[n_saved] = &dy;
  const std::span<const Tensor* const> used(operands.data(), n_saved + 1);
  for (size_t i = 0; i < context.inputs(); ++i) {
    if (!context.needs(i)) continue;
    const Shape& target_shape = context.shape_of_input(i);
    auto [target, add] = context.template into<T>(i);
    if (target_shape == dy.shape()) {
      run<T>(strips.backward[i], op, dy.shape(), target, add, used);
      continue;
    }
    Tensor whole = Tensor::empty(dy.shape(), dy.dtype());
    run<T>(strips.backward[i], op, dy.shape(), whole.template data<T>(), false, used);
    sum_to_shape(whole.template data<T>(), dy.shape(), target, target_shape, add);
  }
}

template void elementwise_forward(const Strips<float>&, const void*, ForwardContext&);
template void elementwise_forward(const Strips<double>&, const void*, ForwardContext&);
template void elementwise_backward(const Strips<float>&, const void*, BackwardContext&);
template void elementwise_backward(const Strips<double>&, const void*, BackwardContext&);

}  // namespace elbow::ops

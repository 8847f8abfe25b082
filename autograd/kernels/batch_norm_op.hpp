#pragma once
#include "autograd/backend/cuda/batch_norm.hpp"
#include "autograd/op.hpp"

namespace elbow::ops {

/// The kernels of batch_norm and batch_norm2d on the GPU, where `channels` has the elements of a channel in a row.
template <class T, class O> void batch_norm_on_device(const O& op, ForwardContext& c, const RowView& channels) {
  const Shape& n = c.in[1].shape();
  Tensor mean = Tensor::empty(n, c.y.dtype(), c.y.device()),
         scale = Tensor::empty(n, c.y.dtype(), c.y.device());
  Tensor running_mean = c.in[3], running_var = c.in[4];
  if (op.training) running_mean = c.written(3, O::name), running_var = c.written(4, O::name);
  cuda::batch_norm<T>(
      channels, {cuda::in<T>(c.in[0]), cuda::in<T>(c.in[1]), cuda::in<T>(c.in[2]), cuda::out<T>(running_mean),
                 cuda::out<T>(running_var), cuda::out<T>(c.y), cuda::out<T>(mean), cuda::out<T>(scale),
                 op.training, T(op.momentum), T(op.epsilon)});
  c.save(c.in[0]);
  c.save(c.in[1]);
  c.save(mean);
  c.save(scale);
}
template <class T, class O>
void batch_norm_backward_on_device(const O& op, BackwardContext& c, const RowView& channels) {
  const auto gradient = [&](size_t i) { return c.needs(i) ? cuda::output<T>(c.target(i)) : cuda::Output<T>{}; };
  cuda::batch_norm_backward<T>(channels, {cuda::in<T>(c.saved(0)), cuda::in<T>(c.saved(1)),
                                          cuda::in<T>(c.saved(2)), cuda::in<T>(c.saved(3)), cuda::in<T>(c.dy()),
                                          gradient(0), gradient(1), gradient(2), op.training});
}

/// The backward of batch_norm and batch_norm2d written in ops. Saved are x, weight, mean and 1 / standard deviation [n]; the
/// statistics are taken over `axes`, and shape [n] is viewed as `channels` next to x. In training they are computed again, as
/// functions of x.
inline void batch_norm_backward_in_ops(BackwardContext& c, const Axes& axes, const Shape& channels,
                                       bool training, double epsilon) {
  const Tensor &x = c.saved(0), &dy = c.dy();
  const Shape n = c.shape_of_input(1);
  const Tensor weight = reshape(c.saved(1), channels);
  Tensor centre = reshape(c.saved(2), channels), scale = reshape(c.saved(3), channels);
  if (training) {
    centre = mean(x, axes, true);
    const Tensor variance = mean(square(sub(x, centre)), axes, true);
    scale = reciprocal(sqrt(add(variance, Tensor::full({}, epsilon, x.dtype(), x.device()))));
  }
  const Tensor xhat = mul(sub(x, centre), scale);
  if (c.needs(1)) c.give(1, reshape(sum(mul(dy, xhat), axes), n));
  if (c.needs(2)) c.give(2, reshape(sum(dy, axes), n));
  if (!c.needs(0)) return;
  Tensor part = dy;
  if (training) part = sub(sub(dy, mean(dy, axes, true)), mul(xhat, mean(mul(dy, xhat), axes, true)));
  c.give(0, mul(mul(weight, scale), part));
}

}  // namespace elbow::ops

#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

/// The backward of batch_norm and batch_norm2d written in ops. Saved are x, weight, mean and 1 / standard deviation [n]; the
/// statistics are taken over `axes`, and shape [n] is seen as `channels` beside x. In training they are computed anew, as
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
    scale = reciprocal(sqrt(add(variance, Tensor::full({}, epsilon, x.dtype()))));
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

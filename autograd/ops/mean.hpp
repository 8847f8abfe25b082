#pragma once
#include "autograd/ops/sum.hpp"

namespace elbow::ops {

struct Mean : SumOrMean<Mean, true> {
  static constexpr auto name = "mean", doc = "the mean over some axes, or all";
};

}  // namespace elbow::ops

namespace elbow {
/// Over the given axes (none: all); with `keep`, they stay in the shape with size 1.
inline Tensor mean(const Tensor& x, const Axes& axes = {}, bool keep = false) {
  ops::Mean op;
  op.axes = axes;
  op.keep = keep;
  return ops::apply(op, x);
}
}  // namespace elbow

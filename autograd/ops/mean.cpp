#include "autograd/kernels/sum_or_mean.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The mean over the given axes (none: all); with `keep`, they stay in the shape with size 1.
Tensor mean(const Tensor& x, const Axes& axes = {}, bool keep = false);
#endif

namespace elbow::ops {

struct Mean : SumOrMean<Mean, true> {
  static constexpr auto name = "mean", doc = "the mean over some axes, or all";
};

}  // namespace elbow::ops

elbow::Tensor elbow::mean(const Tensor& x, const Axes& axes, bool keep) {
  return ops::sum_or_mean<ops::Mean>(x, axes, keep);
}
ELBOW_OP(mean, Mean)

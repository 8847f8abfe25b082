#include "autograd/kernels/sum_or_mean.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The sum over the given axes (none: all); with `keep`, they stay in the shape with size 1.
Tensor sum(const Tensor& x, const Axes& axes = {}, bool keep = false);
#endif

namespace elbow::ops {

struct Sum : SumOrMean<Sum, false> {
  static constexpr auto name = "sum", doc = "the sum over some axes, or all";
};

}  // namespace elbow::ops

elbow::Tensor elbow::sum(const Tensor& x, const Axes& axes, bool keep) {
  return ops::sum_or_mean<ops::Sum>(x, axes, keep);
}
ELBOW_OP(sum, Sum)

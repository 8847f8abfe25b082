#include <cstring>

#include "autograd/linear_op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// A copy of x. Writing into one leaves the other as it is; gradients pass.
Tensor clone(const Tensor& x);
#endif

namespace elbow::ops {

struct Clone : LinearOp<Clone> {
  static constexpr auto name = "clone", doc = "a copy";

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    return in[0].shape();
  }
  template <class T> void map(const Shape& in, const T* x, const Shape&, T* y) const {
    std::copy_n(x, in.numel(), y);
  }
  template <class T> void adjoint(const Shape& out, const T* dy, const Shape&, T* dx, bool add) const {
    simd::map<T>(
        out.numel(), dx, add, [](auto v) { return v; }, dy);
  }
  void reference(Inputs in, double* y) const { std::copy_n(in[0].data<double>(), in[0].numel(), y); }
  static void samples(Samples<Clone>& s) {
    s.add({s.in({3, 5})}).add({s.in({})}).add({s.in({0, 2})});
    s.benchmark({}, {s.in({64, 512})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::clone(const Tensor& x) { return ops::apply(ops::Clone{}, x); }
ELBOW_OP(clone, Clone)

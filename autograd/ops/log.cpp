#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The natural logarithm, element by element; -inf at 0, NaN below.
Tensor log(const Tensor& x);
#endif

namespace elbow::ops {

struct Log : Unary {
  static constexpr auto name = "log", doc = "the natural logarithm; -inf at 0, NaN below";
  static constexpr auto onnx = "Log";
  template <class V> ELBOW_FN V forward(V x) const { return log(x); }
  template <class V> ELBOW_FN V backward(V x, V gy) const { return gy / x; }
  static void samples(Samples<Log>& s) {
    s.add({s.in({3, 5}, 0.2, 4)}).extremes().value(2, 0.6931471805599453).value(10, 2.302585092994046);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::log(const Tensor& x) { return ops::apply(ops::Log{}, x); }
ELBOW_OP(log, Log)

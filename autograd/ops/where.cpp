#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// a where the condition is not 0, b elsewhere, broadcast against each other; the condition has no gradient.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
Tensor where(const Tensor& condition, const Tensor& a, double b);
Tensor where(const Tensor& condition, double a, const Tensor& b);
#endif

namespace elbow::ops {

struct Where : Ternary {
  static constexpr auto name = "where",
                        doc = "a where the condition is not 0, b elsewhere; the condition has no gradient";
  template <class V> ELBOW_FN V forward(V condition, V a, V b) const { return select(condition == V(0), b, a); }
  template <class V> ELBOW_FN Gradients<V, 3> backward(V condition, V, V, V gy) const {
    return {V(0), select(condition == V(0), V(0), gy), select(condition == V(0), gy, V(0))};
  }
  void onnx(OnnxNode& node) const {
    node.is(node.add("Where", {node.cast(node.in(0), OnnxType::boolean), node.in(1), node.in(2)}));
  }
  static void samples(Samples<Where>& s) {
    s.add({s.in({2, 4}, 0, 1).one_hot().constant(), s.in({2, 4}), s.in({2, 4})});
    s.add({s.in({4}, 0, 1).one_hot().constant(), s.in({3, 1}), s.in({1})});
    s.refuse({}, {s.in({2, 4}), s.in({3}), s.in({4})}, "do not broadcast").extremes();
    s.value({1, 5, 7}, 5).value({0, 5, 7}, 7).value({-0.5, 5, 7}, 5);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return ops::apply(ops::Where{}, condition, a, b);
}
elbow::Tensor elbow::where(const Tensor& condition, const Tensor& a, double b) {
  return where(condition, a, Tensor::full({}, b, a.dtype(), a.device()));
}
elbow::Tensor elbow::where(const Tensor& condition, double a, const Tensor& b) {
  return where(condition, Tensor::full({}, a, b.dtype(), b.device()), b);
}
ELBOW_OP(where, Where)

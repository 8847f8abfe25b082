#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// 1 where a < b, 0 elsewhere, also where one is NaN. Its derivative is 0 wherever it has one: it is not recorded.
Tensor less(const Tensor& a, const Tensor& b);
/// 1 where a > b.
Tensor greater(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {

struct Less : Binary {
  static constexpr auto name = "less", doc = "1 where a < b, 0 elsewhere, also where one is NaN; not recorded";
  template <class V> ELBOW_FN V forward(V a, V b) const { return select(a < b, V(1), V(0)); }
  void onnx(OnnxNode& node) const {
    node.is(node.cast(node.add("Less", {node.in(0), node.in(1)}), OnnxType::float32));
  }
  static void samples(Samples<Less>& s) {
    s.add({s.in({3, 5}), s.in({3, 5})}).add({s.in({4, 3}), s.in({3})}).add({s.in({2, 1, 4}), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({1, 2}, 1).value({2, 2}, 0).value({3, 2}, 0);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::less(const Tensor& a, const Tensor& b) { return ops::apply(ops::Less{}, a, b); }
elbow::Tensor elbow::greater(const Tensor& a, const Tensor& b) { return less(b, a); }
ELBOW_OP(less, Less)

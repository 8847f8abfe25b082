#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// 1 where a <= b, 0 elsewhere, also where one is NaN. Its derivative is 0 wherever it has one: it is not recorded.
Tensor less_equal(const Tensor& a, const Tensor& b);
/// 1 where a >= b.
Tensor greater_equal(const Tensor& a, const Tensor& b);
#endif

namespace elbow::ops {

struct LessEqual : Binary {
  static constexpr auto name = "less_equal",
                        doc = "1 where a <= b, 0 elsewhere, also where one is NaN; not recorded";
  template <class V> ELBOW_FN V forward(V a, V b) const { return select(a <= b, V(1), V(0)); }
  void onnx(OnnxNode& node) const {
    node.is(node.cast(node.add("LessOrEqual", {node.in(0), node.in(1)}), OnnxType::float32));
  }
  static void samples(Samples<LessEqual>& s) {
    s.add({s.in({3, 5}), s.in({3, 5})}).add({s.in({4, 3}), s.in({3})}).add({s.in({2, 1, 4}), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({1, 2}, 1).value({2, 2}, 1).value({3, 2}, 0);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::less_equal(const Tensor& a, const Tensor& b) { return ops::apply(ops::LessEqual{}, a, b); }
elbow::Tensor elbow::greater_equal(const Tensor& a, const Tensor& b) { return less_equal(b, a); }
ELBOW_OP(less_equal, LessEqual)

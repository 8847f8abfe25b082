#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct LeakyRelu : Unary {
  static constexpr auto name = "leaky_relu",
                        doc = "x where x >= 0, slope * x below; its derivative at 0 is the slope";
  double slope = 0.01;
  template <class V> ELBOW_FN V forward(V x) const { return select(x < V(0), x * V(slope), x); }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const {
    return select(x > V(0), gy, gy * V(slope));
  }
  static void samples(auto& s) {
    s.add({s.in({3, 5})}).add(LeakyRelu{{}, 0.3}, {s.in({8})}, "slope 0.3").extremes().kink(0);
  }
};

}  // namespace elbow::ops

namespace elbow {
inline Tensor leaky_relu(const Tensor& x, double slope = 0.01) {
  return ops::apply(ops::LeakyRelu{{}, slope}, x);
}
}  // namespace elbow

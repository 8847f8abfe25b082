#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Relu : Unary {
  static constexpr auto name = "relu", doc = "max(x, 0); NaN stays NaN; its derivative at 0 is 0";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return select(x < V(0), V(0), x); }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return select(y > V(0), gy, V(0)); }

  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes().kink(0); }
};

}  // namespace elbow::ops

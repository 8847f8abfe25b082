#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Abs : Unary {
  static constexpr auto name = "abs", doc = "|x|; its derivative at 0 is 0";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V x) const { return abs(x); }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const {
    return select(x > V(0), gy, select(x < V(0), -gy, V(0)));
  }

  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes().kink(0); }
};

}  // namespace elbow::ops

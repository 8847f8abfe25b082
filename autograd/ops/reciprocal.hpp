#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Reciprocal : Unary {
  static constexpr auto name = "reciprocal", doc = "1 / x";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return V(1) / x; }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return -gy * y * y; }
  void backward_in_ops(auto& c) const { c.give(0, neg(mul(c.dy(), square(c.saved(0))))); }
  static void samples(auto& s) { s.add({s.in({3, 5}, 0.3, 3)}).add({s.in({7}, -3, -0.3)}).extremes(); }
};

}  // namespace elbow::ops

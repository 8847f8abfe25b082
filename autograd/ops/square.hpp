#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Square : Unary {
  static constexpr auto name = "square", doc = "x * x";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V x) const { return x * x; }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const { return gy * (x + x); }
  void backward_in_ops(auto& c) const { c.give(0, mul(c.dy(), add(c.saved(0), c.saved(0)))); }
  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes(); }
};

}  // namespace elbow::ops

#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Sqrt : Unary {
  static constexpr auto name = "sqrt", doc = "the square root; NaN below 0";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return sqrt(x); }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return gy / (y + y); }
  void backward_in_ops(auto& c) const { c.give(0, div(c.dy(), add(c.saved(0), c.saved(0)))); }
  static void samples(auto& s) { s.add({s.in({3, 5}, 0.2, 4)}).extremes(); }
};

}  // namespace elbow::ops

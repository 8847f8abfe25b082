#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Log : Unary {
  static constexpr auto name = "log", doc = "the natural logarithm; -inf at 0, NaN below";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V x) const { return log(x); }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const { return gy / x; }
  void backward_in_ops(auto& c) const { c.give(0, div(c.dy(), c.saved(0))); }
  static void samples(auto& s) { s.add({s.in({3, 5}, 0.2, 4)}).extremes(); }
};

}  // namespace elbow::ops

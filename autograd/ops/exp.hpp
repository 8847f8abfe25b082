#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Exp : Unary {
  static constexpr auto name = "exp", doc = "e^x";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return exp(x); }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return gy * y; }
  void backward_in_ops(auto& c) const { c.give(0, mul(c.dy(), c.saved(0))); }
  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes(); }
};

}  // namespace elbow::ops

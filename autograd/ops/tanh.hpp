#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Tanh : Unary {
  static constexpr auto name = "tanh", doc = "the hyperbolic tangent";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return tanh(x); }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return gy * (V(1) - y * y); }
  void backward_in_ops(auto& c) const { c.give(0, sub(c.dy(), mul(c.dy(), square(c.saved(0))))); }
  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes(); }
};

}  // namespace elbow::ops

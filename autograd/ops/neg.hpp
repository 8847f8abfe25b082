#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Neg : Unary {
  static constexpr auto name = "neg", doc = "-x";
  static constexpr auto saves = Saves::nothing;
  template <class V> ELBOW_FN V forward(V x) const { return -x; }
  template <class V> ELBOW_FN V backward(V /*x*/, V /*y*/, V gy) const { return -gy; }
  void backward_in_ops(auto& c) const { c.give(0, neg(c.dy())); }
  static void samples(auto& s) { s.add({s.in({3, 5})}).extremes(); }
};

}  // namespace elbow::ops

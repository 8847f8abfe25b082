#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Sigmoid : Unary {
  static constexpr auto name = "sigmoid", doc = "1 / (1 + e^-x), without overflow";
  static constexpr auto saves = Saves::output;
  template <class V> ELBOW_FN V forward(V x) const { return logistic(x); }
  template <class V> ELBOW_FN V backward(V /*x*/, V y, V gy) const { return gy * y * (V(1) - y); }
  void backward_in_ops(auto& c) const { c.give(0, mul(c.dy(), sub(c.saved(0), square(c.saved(0))))); }
  static void samples(auto& s) { s.add({s.in({3, 5}, -4, 4)}).extremes(); }
};

}  // namespace elbow::ops

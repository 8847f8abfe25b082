#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Softplus : Unary {
  static constexpr auto name = "softplus", doc = "log(1 + e^x), element by element; never overflows";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V x) const { return log1p_exp(x); }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const { return gy * logistic(x); }
  void backward_in_ops(auto& c) const { c.give(0, mul(c.dy(), sigmoid(c.saved(0)))); }
  static void samples(auto& s) { s.add({s.in({3, 5}, -4, 4)}).extremes(); }
};

}  // namespace elbow::ops

#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Log1p : Unary {
  static constexpr auto name = "log1p", doc = "log(1 + x), exact for small x";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V x) const { return log1p(x); }
  template <class V> ELBOW_FN V backward(V x, V /*y*/, V gy) const { return gy / (V(1) + x); }

  static void samples(auto& s) { s.add({s.in({3, 5}, -0.8, 4)}).extremes(); }
};

}  // namespace elbow::ops

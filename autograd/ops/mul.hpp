#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Mul : Binary {
  static constexpr auto name = "mul", doc = "a * b";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V a, V b) const { return a * b; }
  template <class V> ELBOW_FN V backward(Index<0>, V /*a*/, V b, V /*y*/, V gy) const { return gy * b; }
  template <class V> ELBOW_FN V backward(Index<1>, V a, V /*b*/, V /*y*/, V gy) const { return gy * a; }
  void backward_in_ops(auto& c) const {
    c.give(0, sum_to(mul(c.dy(), c.saved(1)), c.shape_of_input(0)));
    c.give(1, sum_to(mul(c.dy(), c.saved(0)), c.shape_of_input(1)));
  }
  static void samples(auto& s) {
    s.add({s.in({3, 5}), s.in({3, 5})}).add({s.in({4, 3}), s.in({3})}).add({s.in({2, 1, 4}), s.in({3, 1})});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
  }
};

}  // namespace elbow::ops

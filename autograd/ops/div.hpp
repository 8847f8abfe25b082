#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Div : Binary {
  static constexpr auto name = "div", doc = "a / b";
  static constexpr auto saves = Saves::inputs;
  template <class V> ELBOW_FN V forward(V a, V b) const { return a / b; }
  template <class V> ELBOW_FN V backward(Index<0>, V /*a*/, V b, V /*y*/, V gy) const { return gy / b; }
  template <class V> ELBOW_FN V backward(Index<1>, V a, V b, V /*y*/, V gy) const { return -gy * a / (b * b); }
  void backward_in_ops(auto& c) const {
    c.give(0, sum_to(div(c.dy(), c.saved(1)), c.shape_of_input(0)));
    c.give(1, neg(sum_to(div(mul(c.dy(), c.saved(0)), square(c.saved(1))), c.shape_of_input(1))));
  }
  static void samples(auto& s) {
    s.add({s.in({3, 5}), s.in({3, 5}, 0.3, 3)})
        .add({s.in({4, 3}), s.in({3}, 0.3, 3)})
        .add({s.in({2, 1, 4}), s.in({3, 1}, 0.3, 3)});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
  }
};

}  // namespace elbow::ops

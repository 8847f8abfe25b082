#pragma once
#include "autograd/op.hpp"

namespace elbow::ops {

struct Where : Ternary {
  static constexpr auto name = "where",
                        doc = "a where the condition is not 0, b elsewhere; the condition has no gradient";
  template <class V> ELBOW_FN V forward(V condition, V a, V b) const { return select(condition == V(0), b, a); }
  template <class V> ELBOW_FN V backward(Index<0>, V /*condition*/, V /*a*/, V /*b*/, V /*y*/, V /*gy*/) const {
    return V(0);
  }
  template <class V> ELBOW_FN V backward(Index<1>, V condition, V /*a*/, V /*b*/, V /*y*/, V gy) const {
    return select(condition == V(0), V(0), gy);
  }
  template <class V> ELBOW_FN V backward(Index<2>, V condition, V /*a*/, V /*b*/, V /*y*/, V gy) const {
    return select(condition == V(0), gy, V(0));
  }
  static void samples(auto& s) {
    s.add({s.in({2, 4}, 0, 1).one_hot().constant(), s.in({2, 4}), s.in({2, 4})});
    s.add({s.in({4}, 0, 1).one_hot().constant(), s.in({3, 1}), s.in({1})});
    s.refuse({}, {s.in({2, 4}), s.in({3}), s.in({4})}, "do not broadcast").extremes();
  }
};

}  // namespace elbow::ops

#include <cmath>
#include <numbers>

#include "autograd/kernels/gamma.hpp"
#include "autograd/op.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b), element by element, broadcast; for a, b > 0.
Tensor log_beta(const Tensor& a, const Tensor& b);
Tensor log_beta(const Tensor& a, double b);
#endif

namespace elbow::ops {

struct LogBeta : Binary {
  static constexpr auto name = "log_beta", doc = "log Gamma(a) + log Gamma(b) - log Gamma(a + b), for a, b > 0";
  // Three Stirling series, each at p = a or a + 8 and so on. Their large terms and the steps of 8 are taken together in ratios to
  // s, the largest, so that little cancels.
  template <class V> ELBOW_FN V forward(V a, V b) const {
    const V sum = a + b, p = raised(a), q = raised(b), s = raised(sum);
    const V large = (p - V(0.5)) * log_ratio(p, s) + (q - V(0.5)) * log_ratio(q, s) - V(0.5) * log(s);
    const V rest = stirling_rest(p) + stirling_rest(q) - stirling_rest(s);
    const V any = large + rest + V(0.5 * std::log(2 * std::numbers::pi)) + log(four_steps(a, b, s, 0)) +
                  log(four_steps(a, b, s, 4));
    return select(a == V(1), -log(b), select(b == V(1), -log(a), any));  // exact, also where it is 0
  }
  // log(p / s), exact also where p is near s.
  template <class V> ELBOW_FN static V log_ratio(V p, V s) {
    return select(p + p < s, log(p / s), log1p((p - s) / s));
  }
  // The factors of steps `from` to from + 3 in the Gamma functions that were raised. Two products of four do not overflow where
  // one of eight would.
  template <class V> ELBOW_FN static V four_steps(V a, V b, V s, int from) {
    const V sum = a + b, unit = s * V(1 / std::numbers::e);
    V product(1);
    for (int k = from; k < from + 4; ++k)
      product = product * select(a < V(8), unit / (a + V(k)), V(1)) *
                select(b < V(8), unit / (b + V(k)), V(1)) * select(sum < V(8), (sum + V(k)) / unit, V(1));
    return product;
  }
  template <class V> ELBOW_FN Gradients<V, 2> backward(V a, V b, V gy) const {
    const V of_sum = digamma(a + b);
    return {gy * (digamma(a) - of_sum), gy * (digamma(b) - of_sum)};
  }
  double reference(double a, double b) const { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }
  static void samples(Samples<LogBeta>& s) {
    s.add({s.in({3, 5}, 1.5, 3), s.in({3, 5}, 1.5, 3)}).add({s.in({4, 3}, 3, 12), s.in({3}, 3, 12)});
    s.refuse({}, {s.in({3, 4}), s.in({3})}, "do not broadcast").extremes();
    s.value({0.5, 0.5}, 1.1447298858494002).value({3, 4}, -4.0943445622221007);
    s.value({100000, 1}, -11.51292546497023).value({2.5, 30}, -8.2794635759734);
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::log_beta(const Tensor& a, const Tensor& b) { return ops::apply(ops::LogBeta{}, a, b); }
elbow::Tensor elbow::log_beta(const Tensor& a, double b) {
  return log_beta(a, Tensor::full({}, b, a.dtype(), a.device()));
}
ELBOW_OP(log_beta, LogBeta)

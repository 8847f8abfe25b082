// Solutions of the exercises of chapter 3. The third runs in Elbow itself.
#include <cmath>
#include <string>
#include <vector>

#include "03-one-op.hpp"
#include "autograd/op.hpp"
#include "tour.hpp"

// 1. Softsign, x / (1 + |x|). Its derivative 1 / (1 + |x|)^2 is (1 - |y|)^2, and |y| has the derivative of y's sign.
struct Softsign {
  template <class V> FN V forward(V x) const { return x / (V(1) + abs(x)); }
  template <class V> FN V backward_from_output(V y, V gy) const {
    const V rest = V(1) + V(-1) * abs(y);
    return gy * rest * rest;
  }
};
inline Tracer abs(Tracer x) {
  const double sign = x.value() < 0 ? -1 : 1;
  return Tracer::op(sign * x.value(), x, [=](Tracer, Tracer gy) { return Tracer(sign) * gy; });
}

inline void softsign() {
  const Tracer x(-1);
  Tracer y = apply(Softsign(), x);
  const double exact[] = {-0.5, 1 / 4., 2 / 8.,
                          6 / 16.};  // x / (1 - x) and its derivatives n! / (1 - x)^(n + 1)
  for (int order = 0; order <= 3; ++order) {
    tour::check("1. softsign at -1, derivative " + std::to_string(order), y.value(), exact[order], 1e-12);
    y = gradient(y, x);
  }
  const std::vector<float> in = {-3, -1, 0, 0.5, 1, 2, 7};
  std::vector<float> by_loop(in.size()), by_simd(in.size());
  loop(Forward<Softsign>(), int64_t(in.size()), by_loop.data(), in.data());
  simd(Forward<Softsign>(), int64_t(in.size()), by_simd.data(), in.data());
  double apart = 0;
  for (size_t i = 0; i < in.size(); ++i) apart = std::max(apart, std::abs(double(by_loop[i]) - by_simd[i]));
  tour::check("1. loop and SIMD, apart", apart, 0, 1e-6);
}

// 2. Newton's method: the slope is 0.3 where y^2 = 3/7, and x = y - 1/y.
inline void newton() {
  double at = 0;
  for (int step = 0; step < 6; ++step) {
    const Tracer x(at), slope = gradient(apply(Squareplus(), x), x);
    at -= (slope.value() - 0.3) / gradient(slope, x).value();
  }
  const double y = std::sqrt(3 / 7.);
  tour::check("2. where the slope is 0.3", at, y - 1 / y, 1e-12);
}

// 3. The struct, unchanged, as an op of Elbow's.
namespace elbow::ops {
struct ElbowSquareplus : Unary, Squareplus {
  static constexpr auto name = "squareplus", doc = "(x + sqrt(x^2 + 4)) / 2";
};
}  // namespace elbow::ops

inline void in_elbow() {
  using namespace elbow;
  const std::vector<double> at = {-8, -1.3, 0, 1.3, 8};
  const Tensor x = Tensor::from<double>(at, {5}).set_requires_grad();
  Tape tape;
  const Tensor y = ops::apply(ops::ElbowSquareplus{}, x);
  const Tensor first = tape.gradient(sum(y), {x})[0];
  const Tensor second = tape.gradient(sum(first), {x})[0];
  for (int64_t i = 0; i < 5; ++i) {
    const double v = at[size_t(i)], exact = 2 / std::pow(v * v + 4, 1.5);
    tour::check("3. second derivative at " + std::to_string(v), second.at(i), exact, 1e-12);
  }
}

int main() {
  softsign();
  newton();
  in_elbow();
  return tour::failures;
}

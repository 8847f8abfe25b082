// Solutions of the exercises of chapter 1.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "01-scalar-tape.hpp"
#include "tour.hpp"

// 1. The derivative reads the output, which has been computed already.
inline Var sqrt(Var a) {
  const double y = std::sqrt(a.value);
  return record("sqrt", y, a, 0.5 / y);
}

inline void square_root() {
  tape.clear();
  const Var x = input(3), y = input(4), r = sqrt(x * x + y * y);
  const std::vector<double> adjoint = gradient(r);
  tour::check("1. r", r.value, 5, 1e-12);
  tour::check("1. dr/dx = x/r", adjoint[size_t(x.node)], 0.6, 1e-12);
  tour::check("1. dr/dy = y/r", adjoint[size_t(y.node)], 0.8, 1e-12);
}

// 2. A number and its derivative in one direction; no tape.
struct Dual {
  double value, slope = 0;
};
inline Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
inline Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
inline Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
inline Dual log(Dual a) { return {std::log(a.value), a.slope / a.value}; }
inline Dual sin(Dual a) { return {std::sin(a.value), a.slope * std::cos(a.value)}; }

template <class T> T example(T x1, T x2) { return log(x1) + x1 * x2 - sin(x2); }

inline void forward_mode() {
  tape.clear();
  const Var x1 = input(2), x2 = input(5);
  const std::vector<double> adjoint = gradient(example(x1, x2));
  tour::check("2. along x1", example(Dual{2, 1}, Dual{5, 0}).slope, adjoint[size_t(x1.node)], 1e-12);
  tour::check("2. along x2", example(Dual{2, 0}, Dual{5, 1}).slope, adjoint[size_t(x2.node)], 1e-12);
}

// 3. A constant that is subtracted and added again changes neither the value nor a derivative.
inline Var log_sum_exp(const std::vector<Var>& x) {
  double largest = x[0].value;
  for (const Var v : x) largest = std::max(largest, v.value);
  Var sum = 0;
  for (const Var v : x) sum = sum + exp(v - largest);
  return log(sum) + largest;
}

inline void softmax() {
  for (const double shift : {0., 1000.}) {
    tape.clear();
    const std::vector<Var> x = {input(shift), input(shift + 1), input(shift + 2)};
    const std::vector<double> adjoint = gradient(log_sum_exp(x));
    const double all = 1 + std::exp(1.) + std::exp(2.);
    for (int i = 0; i < 3; ++i)
      tour::check("3. softmax of " + std::to_string(int(x[size_t(i)].value)),
                  adjoint[size_t(x[size_t(i)].node)], std::exp(double(i)) / all, 1e-12);
  }
}

int main() {
  square_root();
  forward_mode();
  softmax();
  return tour::failures;
}

// Solutions of the exercises of chapter 2.
#include <cmath>
#include <string>
#include <vector>

#include "02-tensors.hpp"
#include "tour.hpp"

// 1. The maximum of each row is subtracted as a constant, so that nothing overflows.
inline Var exp(Var a) {
  return same_shape(a, a, [](double x, double) { return Slopes{std::exp(x), std::exp(x), 0}; });
}
inline Var log(Var a) {
  return same_shape(a, a, [](double x, double) { return Slopes{std::log(x), 1 / x, 0}; });
}
inline Var log_softmax(Var x) {
  Array largest = filled({x.shape()[0], 1}, -INFINITY);
  for (size_t i = 0; i < x.value().data.size(); ++i) {
    double& most = largest.data[i / x.shape()[1]];
    most = std::max(most, x.value().data[i]);
  }
  const Var shifted = x - record(largest);
  return shifted - log(sum(exp(shifted), 1));
}

inline void cross_entropy() {
  const Array logits = {{2, 3}, {0, 1, 2, 1000, 1001, 1002}}, one_hot = {{2, 3}, {1, 0, 0, 0, 0, 1}};
  const Var x = record(logits);
  backward(mean(sum(record(one_hot) * log_softmax(x), 1)) * number(-1));
  const double all = 1 + std::exp(1.) + std::exp(2.);
  for (size_t i = 0; i < 6; ++i) {
    const double softmax = std::exp(double(i % 3)) / all;
    tour::check("1. (softmax - one-hot) / rows, " + std::to_string(i), x.gradient().data[i],
                (softmax - one_hot.data[i]) / 2, 1e-12);
  }
}

// 2. [n, 1, d] - [n, d] has the shape [n, n, d].
inline void distances() {
  const Var x = record(numbers({4, 2}, 1));
  const Var apart = reshape(x, {4, 1, 2}) - x;
  backward(sum(apart * apart));
  double worst = 0;
  for (size_t axis = 0; axis < 2; ++axis) {
    double all = 0;
    for (size_t j = 0; j < 4; ++j) all += x.value().data[2 * j + axis];
    for (size_t i = 0; i < 4; ++i) {
      const double exact = 4 * (4 * x.value().data[2 * i + axis] - all);
      worst = std::max(worst, std::abs(exact - x.gradient().data[2 * i + axis]));
    }
  }
  tour::check("2. off 4 (n x_i - sum of all)", worst, 0, 1e-12);
}

// 3. A loss that does not broadcast.
inline Var squared_error(Var a, Var b) {
  if (a.shape() != b.shape())
    throw std::invalid_argument(name_of(a.shape()) + " and " + name_of(b.shape()) + " differ");
  return mean((a - b) * (a - b));
}

inline void trap() {
  const Var column = record(numbers({20, 1}, 1)), row = record(numbers({20}, 1));
  std::string message;
  try {
    squared_error(column, row);
  } catch (const std::invalid_argument& error) { message = error.what(); }
  tour::check("3. refused: " + message, message == "[20,1] and [20] differ");
  tour::check("3. error of a tensor and itself", squared_error(column, column).value().data[0], 0);
}

int main() {
  cross_entropy();
  distances();
  trap();
  return tour::failures;
}

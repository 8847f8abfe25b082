#include <algorithm>
#include <cmath>

#include "autograd/backend/backend.hpp"
#include "autograd/profile.hpp"
#include "base/parallel.hpp"
#include "base/ranks.hpp"
#include "nn/module.hpp"

namespace elbow {

void FlatParameters::clip_gradients(double limit, Tensor& norm) {
  const Timed timed("clip gradients", Work::beside);
  gradients();
  if (gradients_.device() != Device::cpu) return backend(gradients_.device()).clip(gradients_, limit, norm);
  norm.fill_(dispatch(gradients_.dtype(), [&]<class T>() {
    T* g = gradients_.data<T>();  // [n]
    double sum = 0;
    for (int64_t i = 0; i < gradients_.numel(); ++i) sum += double(g[i]) * double(g[i]);
    const double norm = std::sqrt(sum);
    if (norm > limit)
      for (int64_t i = 0; i < gradients_.numel(); ++i) g[i] *= T(limit / norm);
    return norm;
  }));
}

double FlatParameters::clip_gradients(double limit) {
  Tensor norm = Tensor::empty({}, DType::float64, gradients_.device());
  clip_gradients(limit, norm);
  return norm.item();
}

namespace {

// The sum of the squares of n numbers, in 8 sums side by side.
double squares_of(const float* g, int64_t n) {
  constexpr int64_t lanes = 8;
  double sums[lanes] = {};
  for (int64_t i = 0; i + lanes <= n; i += lanes)
    for (int64_t j = 0; j < lanes; ++j) sums[j] += double(g[i + j]) * double(g[i + j]);
  for (int64_t i = n / lanes * lanes; i < n; ++i) sums[i % lanes] += double(g[i]) * double(g[i]);
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

}  // namespace

// The sum of the squares is one of sums over pieces that do not depend on the number of ranks.
double FlatParameters::clip_gradients(double limit, const Ranks& ranks) {
  const Timed timed("clip gradients", Work::beside);
  float* const g = gradients().data<float>();  // [n]
  const int64_t n = gradients_.numel(), pieces = (n + Ranks::piece - 1) / Ranks::piece;
  const Ranks::Range range = ranks.range(n);
  const int64_t own = (range.size() + Ranks::piece - 1) / Ranks::piece;
  std::vector<double> squares(size_t(pieces), 0);  // those of the other ranks' pieces stay 0
  parallel_for(own, range.size(), [&](int64_t p) {
    const int64_t begin = range.first + p * Ranks::piece;
    squares[size_t(begin / Ranks::piece)] = squares_of(g + begin, std::min(Ranks::piece, range.last - begin));
  });
  double* const part = squares.data();
  ranks.sum(std::span<double* const>(&part, 1), ranks.size(), part, pieces);
  double sum = 0;
  for (const double square : squares) sum += square;
  const double norm = std::sqrt(sum);
  if (norm > limit)
    parallel_for(own, range.size(), [&](int64_t p) {
      const int64_t begin = range.first + p * Ranks::piece, end = std::min(begin + Ranks::piece, range.last);
      for (int64_t i = begin; i < end; ++i) g[i] *= float(limit / norm);
    });
  return norm;
}

}  // namespace elbow

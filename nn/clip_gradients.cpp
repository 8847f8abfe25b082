#include <algorithm>
#include <cmath>

#include "autograd/backend/backend.hpp"
#include "autograd/profile.hpp"
#include "base/parallel.hpp"
#include "base/ranks.hpp"
#include "nn/module.hpp"

namespace elbow {
namespace {

// The sum of the squares of n numbers, in 8 sums side by side.
template <class T> double squares_of(const T* g, int64_t n) {
  constexpr int64_t lanes = 8;
  double sums[lanes] = {};
  for (int64_t i = 0; i + lanes <= n; i += lanes)
    for (int64_t j = 0; j < lanes; ++j) sums[j] += double(g[i + j]) * double(g[i + j]);
  for (int64_t i = n / lanes * lanes; i < n; ++i) sums[i % lanes] += double(g[i]) * double(g[i]);
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

// g[n]. The sum of the squares is one of sums over pieces, `squares`, that depend neither on the ranks nor on the threads.
template <class T>
double clip(T* g, int64_t n, double limit, const Ranks& ranks, std::vector<double>& squares) {
  const int64_t pieces = (n + Ranks::piece - 1) / Ranks::piece;
  const Ranks::Range range = ranks.range(n);
  const int64_t own = (range.size() + Ranks::piece - 1) / Ranks::piece;
  const auto for_own_pieces = [&](const auto& f) {  // f(its first element, its length)
    parallel_for(own, range.size(), [&](int64_t p) {
      const int64_t begin = range.first + p * Ranks::piece;
      f(begin, std::min(Ranks::piece, range.last - begin));
    });
  };
  squares.assign(size_t(pieces), 0);  // those of the other ranks' pieces stay 0
  for_own_pieces([&](int64_t begin, int64_t length) {
    squares[size_t(begin / Ranks::piece)] = squares_of(g + begin, length);
  });
  if (double* const part = squares.data(); ranks.several())
    ranks.sum(std::span<double* const>(&part, 1), ranks.size(), part, pieces);
  double sum = 0;
  for (const double square : squares) sum += square;
  const double norm = std::sqrt(sum);
  if (norm > limit)
    for_own_pieces([&](int64_t begin, int64_t length) {
      for (int64_t i = begin; i < begin + length; ++i) g[i] *= T(limit / norm);
    });
  return norm;
}

}  // namespace

double FlatParameters::clip_gradients(double limit, const Ranks& ranks) {
  const Timed timed("clip gradients", Work::beside);
  gradients();
  return dispatch(gradients_.dtype(), [&]<class T>() {
    return clip(gradients_.data<T>(), gradients_.numel(), limit, ranks, squares_);
  });
}

void FlatParameters::clip_gradients(double limit, Tensor& norm) {
  gradients();
  if (gradients_.device() == Device::cpu) return void(norm.fill_(clip_gradients(limit, alone())));
  const Timed timed("clip gradients", Work::beside);
  backend(gradients_.device()).clip(gradients_, limit, norm);
}

double FlatParameters::clip_gradients(double limit) {
  Tensor norm = Tensor::empty({}, DType::float64, gradients_.device());
  clip_gradients(limit, norm);
  return norm.item();
}

}  // namespace elbow

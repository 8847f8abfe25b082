#include "metrics/precision_recall.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "autograd/ops.hpp"
#include "base/parallel.hpp"
#include "metrics/inner_products.hpp"

namespace elbow {
namespace {

constexpr auto op = "precision_recall";

/// |x_i|^2 of each row.
std::vector<double> squared_norms(const Tensor& x) {
  const int64_t d = x.size(1);
  std::vector<double> norms(size_t(x.size(0)), 0.0);
  dispatch(x.dtype(), [&]<class T>() {
    const T* values = x.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) norms[size_t(i / d)] += double(values[i]) * double(values[i]);
  });
  return norms;
}

/// By how much |a|^2 + |b|^2 - 2 a.b may be off, for rows of d columns: the optimum of an inner product of that length.
double rounding(double norms, int64_t d) { return double(d + 4) * 0x1p-52 * norms; }

Estimate share_of_set(const std::vector<uint8_t>& flags) {
  return share_of(std::count(flags.begin(), flags.end(), 1), int64_t(flags.size()));
}

}  // namespace

std::vector<double> squared_neighbour_distances(const Tensor& x, int64_t k) {
  if (x.rank() != 2 || k < 1 || x.size(0) <= k)
    fail(op, "nearest neighbour number ", k, " expects a number >= 1 and more rows than that, not a set ",
         x.shape());
  const std::vector<double> norms = squared_norms(x);
  std::vector<double> nearest(norms.size());
  for_inner_products(op, x, x, [&](int64_t first, Tensor products) {
    const int64_t n = products.size(1);
    double* product = products.data<double>();  // [rows, n]
    parallel_for(products.size(0), products.numel(), [&](int64_t r) {
      double* row = product + r * n;  // turned into squared distances in place
      const int64_t self = first + r;
      for (int64_t c = 0; c < n; ++c) row[c] = norms[size_t(self)] + norms[size_t(c)] - 2 * row[c];
      row[self] = std::numeric_limits<double>::infinity();
      std::nth_element(row, row + k - 1, row + n);
      nearest[size_t(self)] = std::max(row[k - 1], 0.0);  // of equal rows it may come out a rounding below
    });
  });
  return nearest;
}

PrecisionRecall precision_recall(const Tensor& real, const Tensor& generated, int64_t k) {
  const std::vector<double> real_ball = squared_neighbour_distances(real, k);
  const std::vector<double> generated_ball = squared_neighbour_distances(generated, k);
  const std::vector<double> real_norms = squared_norms(real), generated_norms = squared_norms(generated);
  const int64_t d = real.size(1);
  std::vector<uint8_t> covered(real_ball.size(), 0), faithful(generated_ball.size(), 0);
  for_inner_products(op, real, generated, [&](int64_t first, const Tensor& products) {
    const int64_t rows = products.size(0), m = products.size(1);
    const double* inner = products.data<double>();
    // A task looks at all pairs of some of the generated rows, and is the only one that writes their flags; those of the
    // real rows it writes into a list of its own.
    constexpr int64_t share = 512;
    const int64_t tasks = (m + share - 1) / share;
    std::vector<uint8_t> found(size_t(tasks * rows), 0);
    parallel_for(tasks, products.numel(), [&](int64_t task) {
      for (int64_t r = 0; r < rows; ++r) {
        const size_t i = size_t(first + r);
        uint8_t any = 0;
        for (int64_t c = task * share; c < std::min(m, (task + 1) * share); ++c) {
          const size_t j = size_t(c);
          const double norms = real_norms[i] + generated_norms[j];
          const double distance = norms - 2 * inner[r * m + c] - rounding(norms, d);
          faithful[j] |= uint8_t(distance <= real_ball[i]);
          any |= uint8_t(distance <= generated_ball[j]);
        }
        found[size_t(task * rows + r)] = any;
      }
    });
    for (int64_t task = 0; task < tasks; ++task)
      for (int64_t r = 0; r < rows; ++r) covered[size_t(first + r)] |= found[size_t(task * rows + r)];
  });
  return {share_of_set(faithful), share_of_set(covered)};
}

}  // namespace elbow

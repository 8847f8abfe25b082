#include "metrics/kernel_distance.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "autograd/ops.hpp"
#include "base/parallel.hpp"
#include "metrics/inner_products.hpp"

namespace elbow {
namespace {

/// The sum of k(x_i, y_j) over all i and j; where both are one set, over i != j.
double kernel_sum(const Tensor& x, const Tensor& y, bool one_set) {
  double sum = 0;
  const double d = double(x.size(1));
  for_inner_products("kernel_distance", x, y, [&](int64_t first, const Tensor& products) {
    const int64_t rows = products.size(0), columns = products.size(1);
    std::vector<double> sums(size_t(rows),
                             0.0);  // one a row, so that their order does not depend on the threads
    parallel_for(rows, products.numel(), [&](int64_t r) {
      const double* row = products.data<double>() + r * columns;
      for (int64_t c = 0; c < columns; ++c) {
        const double base = row[c] / d + 1;
        if (!one_set || c != first + r) sums[size_t(r)] += base * base * base;
      }
    });
    sum = std::accumulate(sums.begin(), sums.end(), sum);
  });
  return sum;
}

/// Rows `index[first]`, ..., `index[first + count - 1]` of x [n,d].
Tensor rows_of(const Tensor& x, const std::vector<int64_t>& index, int64_t first, int64_t count) {
  const int64_t d = x.size(1);
  Tensor rows = Tensor::empty({count, d}, x.dtype());
  dispatch(x.dtype(), [&]<class T>() {
    for (int64_t i = 0; i < count; ++i)
      std::copy_n(x.data<T>() + index[size_t(first + i)] * d, d, rows.data<T>() + i * d);
  });
  return rows;
}

}  // namespace

double squared_mmd(const Tensor& x, const Tensor& y) {
  for (const Tensor* t : {&x, &y})
    if (t->rank() != 2 || t->size(0) < 2)
      fail("kernel_distance", "expects at least two rows in either set, not ", t->shape());
  const double n = double(x.size(0)), m = double(y.size(0));
  return kernel_sum(x, x, true) / (n * (n - 1)) + kernel_sum(y, y, true) / (m * (m - 1)) -
         2 * kernel_sum(x, y, false) / (n * m);
}

KernelDistance kernel_distance(const Tensor& x, const Tensor& y, const RandomKey& key, int64_t subset_rows) {
  if (subset_rows < 2) fail("kernel_distance", "a subset expects at least two rows, not ", subset_rows);
  for (const Tensor* t : {&x, &y})
    if (t->rank() != 2 || t->size(0) < subset_rows)
      fail("kernel_distance", "subsets of ", subset_rows, " rows cannot be taken from a set ", t->shape());
  // The two sets get different orders: rows that were made one from the other must not be in one subset more often than
  // others.
  RandomStream stream(key.seed, key.stream, 2 * key.step);
  const auto order_x = permutation(stream.next(), x.size(0)), order_y = permutation(stream.next(), y.size(0));
  const int64_t subsets = std::min(x.size(0), y.size(0)) / subset_rows;
  std::vector<double> distances;
  for (int64_t i = 0; i < subsets; ++i)
    distances.push_back(squared_mmd(rows_of(x, order_x, i * subset_rows, subset_rows),
                                    rows_of(y, order_y, i * subset_rows, subset_rows)));
  return {estimate_of(distances), subsets};
}

}  // namespace elbow

#include "metrics/disentanglement.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/results.hpp"

namespace elbow {
namespace {

/// The mean over the rows, weighted by their sums, of 1 - entropy of the row's shares to the base of the number of columns.
double mean_purity(const Matrix& m) {
  if (m.cols < 2) return no_number;
  double purity = 0, total = 0;
  for (int64_t r = 0; r < m.rows; ++r) {
    double sum = 0, entropy = 0;
    for (int64_t c = 0; c < m.cols; ++c) sum += m(r, c);
    for (int64_t c = 0; c < m.cols; ++c)
      if (m(r, c) > 0) entropy -= m(r, c) / sum * std::log(m(r, c) / sum);
    purity += sum * (1 - entropy / std::log(double(m.cols)));
    total += sum;
  }
  return total > 0 ? std::clamp(purity / total, 0.0, 1.0) : no_number;
}

}  // namespace

Disentanglement disentanglement_of(const Matrix& importance) {
  return {mean_purity(importance), mean_purity(transpose(importance))};
}

}  // namespace elbow

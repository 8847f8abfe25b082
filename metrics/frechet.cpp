#include "metrics/frechet.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/alias.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/parallel.hpp"
#include "metrics/moments.hpp"

namespace elbow {
namespace {

/// F [rank,d] with F^T F = s: the eigenvectors, each times the root of its eigenvalue; zeros are left out.
Matrix factor_of(const Matrix& s) {
  const EigenSystem e = symmetric_eigen(s);
  const std::int64_t d = s.rows;
  const double largest = d > 0 ? std::max(e.values.front(), 0.0) : 0;
  if (d > 0 && e.values.back() < -1e-8 * largest)
    fail("frechet", "a covariance is not positive semi-definite: it has the eigenvalue ", e.values.back());
  const double rounding = double(d) * 0x1p-52 * largest;  // what eigenvalues are uncertain by
  std::int64_t rank = 0;
  while (rank < d && e.values[rank] > rounding) ++rank;
  Matrix factor(rank, d);
  for (std::int64_t k = 0; k < rank; ++k)
    for (std::int64_t i = 0; i < d; ++i) factor(k, i) = std::sqrt(e.values[k]) * e.vectors(k, i);
  return factor;
}

/// a b^T by the library's GEMM: for features by the thousand the plain loop of `product` would take longer than the
/// eigenvalues.
Matrix times_transposed(const Matrix& a, const Matrix& b) {
  const NoGrad no_grad;
  const auto tensor = [](const Matrix& m) { return Tensor::from(m.values, {m.rows, m.cols}); };
  return {a.rows, b.rows, matmul(tensor(a), tensor(b), Trans::no, Trans::yes).to_vector()};
}

/// tr (S1^1/2 S2 S1^1/2)^1/2, the sum of the singular values of S1^1/2 S2^1/2. These are also those of M = F1 F2^T for
/// any factors F^T F = S: the roots of the eigenvalues of M M^T or M^T M, whichever is smaller. With factors of full
/// rank that matrix is in general not singular, and a root of rounding (1e-16 would become 1e-8) does not come in.
double trace_of_root(const Matrix& s1, const Matrix& s2) {
  Matrix f1, f2;
  parallel_tasks(2, [&](std::int64_t i) { i == 0 ? f1 = factor_of(s1) : f2 = factor_of(s2); });
  const Matrix& shorter = f1.rows <= f2.rows ? f1 : f2;
  const Matrix& longer = f1.rows <= f2.rows ? f2 : f1;
  const Matrix m = times_transposed(shorter, longer);
  double trace = 0;
  for (const double value : symmetric_eigenvalues(times_transposed(m, m)))
    trace += std::sqrt(std::max(value, 0.0));
  return trace;
}

/// The rows from `first` up to `last` of x [n,d].
Moments moments_of_rows(const Tensor& x, std::int64_t first, std::int64_t last) {
  return moments_of(alias(x, {last - first, x.size(1)}, first * x.size(1)));
}

std::vector<Moments> moments_of_blocks(const Tensor& x, std::int64_t blocks) {
  if (x.rank() != 2 || x.size(0) < 2 * blocks)
    fail("frechet", blocks, " blocks need at least ", 2 * blocks, " rows, not a set ", x.shape());
  std::vector<Moments> parts;
  const std::int64_t n = x.size(0);
  for (std::int64_t i = 0; i < blocks; ++i)
    parts.push_back(moments_of_rows(x, i * n / blocks, (i + 1) * n / blocks));
  return parts;
}

/// The sum of all blocks but one; of all blocks if `left_out` is their number.
Moments all_but(const std::vector<Moments>& parts, std::size_t left_out) {
  Moments sum;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (i != left_out) sum = sum.rows == 0 ? parts[i] : merged(sum, parts[i]);
  return sum;
}

}  // namespace

double frechet_distance(const std::vector<double>& m1, const Matrix& s1, const std::vector<double>& m2,
                        const Matrix& s2) {
  const std::int64_t d = std::int64_t(m1.size());
  for (const Matrix* s : {&s1, &s2})
    if (std::int64_t(m2.size()) != d || s->rows != d || s->cols != d)
      fail("frechet", "means [", d, "] and [", m2.size(), "] and covariances [", s1.rows, ",", s1.cols,
           "] and [", s2.rows, ",", s2.cols, "] do not fit each other");
  double distance = -2 * trace_of_root(s1, s2);
  for (std::int64_t i = 0; i < d; ++i) {
    if (!std::isfinite(m1[i]) || !std::isfinite(m2[i])) fail("frechet", "a mean has a non-finite element");
    distance += (m1[i] - m2[i]) * (m1[i] - m2[i]) + s1(i, i) + s2(i, i);
  }
  return std::max(distance, 0.0);  // of equal Gaussians it may come out a rounding below
}

FrechetEstimate frechet_distance(const Tensor& a, const Tensor& b, std::int64_t blocks) {
  if (blocks < 2) fail("frechet", "a jackknife expects at least 2 blocks, not ", blocks);
  const std::vector<Moments> parts_a = moments_of_blocks(a, blocks), parts_b = moments_of_blocks(b, blocks);
  std::vector<double> distances(std::size_t(blocks) + 1);  // without each of the blocks, and last without none
  parallel_tasks(blocks + 1, [&](std::int64_t i) {
    const Moments p = all_but(parts_a, std::size_t(i)), q = all_but(parts_b, std::size_t(i));
    distances[std::size_t(i)] = frechet_distance(p.mean, p.covariance, q.mean, q.covariance);
  });
  FrechetEstimate estimate{distances.back(), 0};
  distances.pop_back();
  double mean = 0, squares = 0;
  for (const double distance : distances) mean += distance / double(blocks);
  for (const double distance : distances) squares += (distance - mean) * (distance - mean);
  estimate.standard_error = std::sqrt(squares * double(blocks - 1) / double(blocks));
  return estimate;
}

double FrechetCurve::at_count(std::int64_t given) const {
  const auto found = std::ranges::find(points, given, &FrechetPoint::given);
  return found == points.end() ? std::nan("") : found->estimate.distance;
}

}  // namespace elbow

#include "base/linear_algebra.hpp"

#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/blas.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

namespace elbow {

Matrix::Matrix(std::int64_t rows, std::int64_t cols) : rows(rows), cols(cols) {
  if (rows < 0 || cols < 0) fail("Matrix", "negative size [", rows, ",", cols, "]");
  values.assign(rows * cols, 0.0);
}

Matrix::Matrix(std::int64_t rows, std::int64_t cols, std::vector<double> v)
    : rows(rows), cols(cols), values(std::move(v)) {
  if (rows < 0 || cols < 0 || std::int64_t(values.size()) != rows * cols)
    fail("Matrix", "[", rows, ",", cols, "] cannot hold ", values.size(), " values");
}

Matrix product(const Matrix& a, const Matrix& b) {
  if (a.cols != b.rows)
    fail("product", "lhs [", a.rows, ",", a.cols, "] x rhs [", b.rows, ",", b.cols, "]: inner sizes ", a.cols,
         " and ", b.rows, " differ");
  Matrix c(a.rows, b.cols);
  if (std::min({a.rows, a.cols, b.cols}) == 0) return c;
  if (std::max({a.rows, a.cols, b.cols}) > small_matrix) {
    constexpr std::int64_t panel =
        128;  // rows of c for one thread: cut by the shape alone, so that the bits are the same
    parallel_tasks((a.rows + panel - 1) / panel, [&](std::int64_t i) {
      const OneBlasThread alone;
      const std::int64_t first = i * panel, rows = std::min(panel, a.rows - first);
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(b.cols), blasint(a.cols), 1,
                  a.values.data() + first * a.cols, blasint(a.cols), b.values.data(), blasint(b.cols), 0,
                  c.values.data() + first * b.cols, blasint(b.cols));
    });
    return c;
  }
  for (std::int64_t i = 0; i < a.rows; ++i)
    for (std::int64_t k = 0; k < a.cols; ++k) {
      const double factor = a(i, k);
      for (std::int64_t j = 0; j < b.cols; ++j) c(i, j) += factor * b(k, j);
    }
  return c;
}

Matrix transpose(const Matrix& a) {
  Matrix t(a.cols, a.rows);
  for (std::int64_t r = 0; r < a.rows; ++r)
    for (std::int64_t c = 0; c < a.cols; ++c) t(c, r) = a(r, c);
  return t;
}

Matrix submatrix(const Matrix& a, const std::vector<std::int64_t>& rows,
                 const std::vector<std::int64_t>& cols) {
  const auto check = [&](const std::vector<std::int64_t>& indices, std::int64_t size, const char* what) {
    for (const std::int64_t i : indices)
      if (i < 0 || i >= size)
        fail("submatrix", what, " ", i, " of a matrix [", a.rows, ",", a.cols, "] does not exist");
  };
  check(rows, a.rows, "row");
  check(cols, a.cols, "column");
  Matrix s(std::int64_t(rows.size()), std::int64_t(cols.size()));
  for (std::int64_t r = 0; r < s.rows; ++r)
    for (std::int64_t c = 0; c < s.cols; ++c) s(r, c) = a(rows[r], cols[c]);
  return s;
}

namespace {

// LAPACK's dsyevd: `a` becomes its eigenvectors (job 'V') or is destroyed (job 'N'); the eigenvalues, ascending. To
// LAPACK, which is column-major, our lower triangle is the upper one, and the eigenvectors that it leaves in columns are
// our rows.
std::vector<double> decompose(char job, Matrix& a) {
  const std::int64_t n = a.rows;
  if (a.cols != n) fail("symmetric_eigen", "the matrix [", a.rows, ",", a.cols, "] is not square");
  if (n > std::numeric_limits<lapack_int>::max())
    fail("symmetric_eigen", n, " rows are more than LAPACK can index");
  // LAPACK may loop or return garbage without a word on a NaN, so it is caught here.
  if (!std::all_of(a.values.begin(), a.values.end(), [](double v) { return std::isfinite(v); }))
    fail("symmetric_eigen", "the matrix [", n, ",", n, "] has a non-finite element");
  std::vector<double> values(n);
  if (n == 0) return values;
  const OneBlasThread one_thread;
  const lapack_int info =
      LAPACKE_dsyevd(LAPACK_COL_MAJOR, job, 'U', lapack_int(n), a.values.data(), lapack_int(n), values.data());
  if (info != 0)
    fail("symmetric_eigen", "LAPACK dsyevd on [", n, ",", n, "] did not converge (info ", info, ")");
  return values;
}

}  // namespace

EigenSystem symmetric_eigen(const Matrix& a) {
  EigenSystem e{{}, a};
  e.values = decompose('V', e.vectors);
  std::reverse(e.values.begin(), e.values.end());  // LAPACK puts the smallest first
  const std::int64_t n = a.rows;
  for (std::int64_t top = 0, bottom = n - 1; top < bottom; ++top, --bottom)
    std::swap_ranges(&e.vectors(top, 0), &e.vectors(top, 0) + n, &e.vectors(bottom, 0));
  return e;
}

std::vector<double> symmetric_eigenvalues(const Matrix& a) {
  Matrix copy = a;
  std::vector<double> values = decompose('N', copy);
  std::reverse(values.begin(), values.end());
  return values;
}

double rank_tolerance(std::int64_t n) {
  return std::max(1e-12, 8 * double(n) * std::numeric_limits<double>::epsilon());
}

namespace {

// `a` scaled to a diagonal of ones (of zeros, where it is not above 0), and the scales.
std::pair<Matrix, std::vector<double>> unit_diagonal(const Matrix& a) {
  const std::int64_t n = a.rows;
  std::vector<double> scale(n);
  for (std::int64_t i = 0; i < n; ++i) scale[i] = a(i, i) > 0 ? 1 / std::sqrt(a(i, i)) : 0;
  Matrix scaled(n, n);
  for (std::int64_t r = 0; r < n; ++r)
    for (std::int64_t c = 0; c < n; ++c) scaled(r, c) = a(r, c) * scale[r] * scale[c];
  return {std::move(scaled), std::move(scale)};
}

// regression() by a Cholesky factorisation that takes the largest pivot first, and ends where none is left above
// rank_tolerance(n): known = L L^T on those rows, which determine the others.
Regression regression_by_pivots(const Matrix& known, const Matrix& cross) {
  auto [factor, scale] = unit_diagonal(known);
  const auto n = lapack_int(known.rows), others = lapack_int(cross.cols);
  if (!std::all_of(factor.values.begin(), factor.values.end(), [](double v) { return std::isfinite(v); }))
    fail("regression", "the matrix [", n, ",", n, "] has a non-finite element");
  const OneBlasThread one_thread;
  std::vector<lapack_int> pivots(n);
  lapack_int rank = 0;  // to LAPACK, which is column-major, our lower triangle is the upper one
  LAPACKE_dpstrf(LAPACK_COL_MAJOR, 'U', n, factor.values.data(), n, pivots.data(), &rank, rank_tolerance(n));
  Matrix w(others, rank);  // (L^-1 cross)^T, of the known columns in the order of the pivots
  for (std::int64_t r = 0; r < others; ++r)
    for (std::int64_t k = 0; k < rank; ++k) w(r, k) = cross(pivots[k] - 1, r) * scale[pivots[k] - 1];
  const auto solve = [&, &l = factor](char transposed) {
    if (rank > 0 && others > 0)
      LAPACKE_dtrtrs(LAPACK_COL_MAJOR, 'U', transposed, 'N', rank, others, l.values.data(), n, w.values.data(),
                     rank);
  };
  solve('T');
  Regression out{Matrix(others, n), product(w, transpose(w))};
  solve('N');
  for (std::int64_t r = 0; r < others; ++r)
    for (std::int64_t k = 0; k < rank; ++k) out.coefficients(r, pivots[k] - 1) = w(r, k) * scale[pivots[k] - 1];
  return out;
}

}  // namespace

Regression regression(const Matrix& known, const Matrix& cross) {
  if (known.rows != known.cols || known.rows != cross.rows)
    fail("regression", "[", known.rows, ",", known.cols, "] and [", cross.rows, ",", cross.cols,
         "] are no covariances of some columns, and of these with others");
  if (known.rows > small_matrix) return regression_by_pivots(known, cross);
  Regression out{product(transpose(cross), pseudo_inverse(known)), {}};
  out.explained = product(out.coefficients, cross);
  return out;
}

Matrix pseudo_inverse(const Matrix& a) {
  const std::int64_t n = a.rows;
  if (a.cols != n) fail("pseudo_inverse", "the matrix [", a.rows, ",", a.cols, "] is not square");
  const auto [scaled, scale] = unit_diagonal(a);
  const EigenSystem e = symmetric_eigen(scaled);
  const double smallest = n == 0 ? 0 : rank_tolerance(n) * std::max(e.values[0], 0.0);
  Matrix inverse(n, n);
  for (std::int64_t k = 0; k < n && e.values[k] > smallest; ++k)
    for (std::int64_t r = 0; r < n; ++r) {
      const double factor = e.vectors(k, r) * scale[r] / e.values[k];
      for (std::int64_t c = 0; c < n; ++c) inverse(r, c) += factor * e.vectors(k, c) * scale[c];
    }
  return inverse;
}

}  // namespace elbow

#pragma once
#include <cstdint>
#include <vector>

namespace elbow {

/// A dense matrix of doubles, row-major: element (r, c) lies at `values[r * cols + c]`. For the small matrices
/// of the analysis (covariances, projections), not for training: those are Tensors.
struct Matrix {
  std::int64_t rows = 0, cols = 0;
  std::vector<double> values;

  Matrix() = default;
  /// A rows x cols matrix of zeros; Error if a size is negative.
  Matrix(std::int64_t rows, std::int64_t cols);
  /// A rows x cols matrix of `values` in row-major order; Error if their number is not rows * cols.
  Matrix(std::int64_t rows, std::int64_t cols, std::vector<double> values);

  /// Element (r, c); the indices are not checked.
  double& operator()(std::int64_t r, std::int64_t c) { return values[r * cols + c]; }
  double operator()(std::int64_t r, std::int64_t c) const { return values[r * cols + c]; }
};

/// Matrices of no more rows and columns are worked on by plain loops and eigenvectors; larger ones, where that takes
/// long, by blocks and Cholesky factors. The results are the same except for rounding.
inline constexpr std::int64_t small_matrix = 128;

/// a [m,k] x b [k,n] -> [m,n]; Error if the inner sizes differ. A plain loop for small ones, gemm() for others: the same bits
/// for any thread count.
Matrix product(const Matrix& a, const Matrix& b);

/// a [m,n] -> [n,m].
Matrix transpose(const Matrix& a);

/// The elements of `a` at rows `rows` and columns `cols`, in that order: [rows.size(), cols.size()].
/// Error if an index lies outside `a`.
Matrix submatrix(const Matrix& a, const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& cols);

/// The eigenvalues of a symmetric matrix, largest first, and its orthonormal eigenvectors: *row* i of `vectors`
/// belongs to `values[i]`, so that a = vectors^T diag(values) vectors.
struct EigenSystem {
  std::vector<double> values;
  Matrix vectors;
};

/// The eigen-decomposition (LAPACK dsyevd) of symmetric `a` [n,n]; only its lower triangle is read. Error if
/// `a` is not square, has a non-finite element, or does not converge. n = 0 is allowed.
EigenSystem symmetric_eigen(const Matrix& a);

/// The eigenvalues alone, largest first, at a fraction of the cost. Error as symmetric_eigen.
std::vector<double> symmetric_eigenvalues(const Matrix& a);

/// An eigenvalue of an n x n positive semi-definite matrix below this fraction of the largest counts as zero:
/// max(1e-12, 8 n eps). Rounding alone moves every eigenvalue by about n eps of the largest, and one that is
/// kept at 1e-12 is known to about 1e-16/1e-12, one in ten thousand.
double rank_tolerance(std::int64_t n);

/// A symmetric generalised inverse G of a symmetric positive semi-definite `a` [n,n]: a G a = a and G a G = G,
/// the ordinary inverse where `a` has full rank. `a` is scaled to a unit diagonal before eigenvalues below
/// rank_tolerance(n) are dropped, so that the rank found does not depend on the units of the columns. (Because
/// of that scaling G need not be the Moore-Penrose inverse of a rank-deficient `a`; Schur complements, and the
/// regressions they come from, are the same for every such G.) Error if `a` is not square or has a non-finite
/// element.
Matrix pseudo_inverse(const Matrix& a);

/// The linear regression of some columns on others.
struct Regression {
  Matrix coefficients;  ///< [others, known]: cross^T G, G = pseudo_inverse(known)
  Matrix explained;     ///< [others, others]: cross^T G cross, the covariance that the known columns explain
};

/// The regression of other columns on known ones, from the known ones' covariance [known, known], which may be singular, and
/// that with the others, cross [known, others]. Error if they do not fit, or as pseudo_inverse.
Regression regression(const Matrix& known, const Matrix& cross);

}  // namespace elbow

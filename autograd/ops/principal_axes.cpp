#include <cmath>

#include "autograd/op.hpp"
#include "base/linear_algebra.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The principal axes of a Gaussian of covariance s [n,n], or of one for each row [rows,n,n], once some columns are given: for each
/// row of mask [rows,n], with O the columns where it is not 0 and U the others, the eigenvectors v_i of
///
///     C = s_UU - s_UO inverse(s_OO + ridge 1) s_OU
///
/// times the square roots of their eigenvalues, largest first: w [rows,n,n], row i of a matrix being sqrt(lambda_i) v_i, 0 in
/// the given columns, so that C = w^T w. Past the withheld columns there are rows of 0. The largest component of each is positive.
/// It has no derivative and is not recorded. It costs O(n^3) a row. Throws when the shapes do not fit.
Tensor principal_axes(const Tensor& s, const Tensor& mask, double ridge = 0);
#endif

namespace elbow::ops {

namespace {

/// Makes the symmetric matrix a [n,n] that of the m columns that are not given, once the others are: Gaussian elimination of the
/// given ones, one by one. Its first m * m elements end as the matrix [m,m]; returns m.
template <class T, class Mask, class Work>
ELBOW_FN int64_t condition_on(int64_t n, Mask mask, T ridge, Work a) {
  int64_t m = 0;
  for (int64_t k = 0; k < n; ++k) {
    if (T(mask[k]) == T(0)) {
      ++m;
      continue;
    }
    const T pivot = a[k * n + k] + ridge;
    for (int64_t i = 0; i < n; ++i) {
      const T share = a[i * n + k] / pivot;
      for (int64_t j = 0; j < n && i != k; ++j)
        if (j != k) a[i * n + j] = a[i * n + j] - share * a[k * n + j];
    }
    for (int64_t i = 0; i < n; ++i) {
      a[i * n + k] = T(0);
      a[k * n + i] = T(0);
    }
  }
  int64_t to = 0;
  for (int64_t e = 0; e < n * n; ++e)
    if (T(mask[e / n]) == T(0) && T(mask[e % n]) == T(0)) a[to++] = T(a[e]);
  return m;
}

/// Jacobi's method (Golub & Van Loan, "Matrix Computations", section 8.5): rotations in the planes of two columns make the
/// symmetric a [n,n] diagonal; their product, applied to the identity, has the eigenvectors as the rows of v [n,n].
template <class T, class Work> ELBOW_FN void diagonalise(int64_t n, Work a, Work v) {
  for (int64_t e = 0; e < n * n; ++e) v[e] = T(e / n == e % n);
  constexpr int most_sweeps = 30;
  for (int sweep = 0; sweep < most_sweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) {
        const T off = a[p * n + q], app = a[p * n + p], aqq = a[q * n + q];
        if (!(abs(off) > std::numeric_limits<T>::epsilon() * sqrt(abs(app * aqq)))) continue;
        rotated = true;
        const T theta = (aqq - app) / (T(2) * off);
        const T t = (theta < T(0) ? T(-1) : T(1)) / (abs(theta) + sqrt(theta * theta + T(1)));
        const T c = T(1) / sqrt(t * t + T(1)), s = t * c;
        for (int64_t k = 0; k < n; ++k) {
          const T akp = a[k * n + p], akq = a[k * n + q];
          a[k * n + p] = c * akp - s * akq;
          a[k * n + q] = s * akp + c * akq;
        }
        for (int64_t k = 0; k < n; ++k) {
          const T apk = a[p * n + k], aqk = a[q * n + k], vp = v[p * n + k], vq = v[q * n + k];
          a[p * n + k] = c * apk - s * aqk;
          a[q * n + k] = s * apk + c * aqk;
          v[p * n + k] = c * vp - s * vq;
          v[q * n + k] = s * vp + c * vq;
        }
      }
    if (!rotated) return;
  }
}

/// The axes of one row: y [n,n] from s [n,n] and the row's mask; a and v [n,n] are for work.
template <class T, class Matrix, class Mask, class Work, class Output>
ELBOW_FN void axes_of(int64_t n, Matrix s, Mask mask, T ridge, Work a, Work v, Output y) {
  for (int64_t e = 0; e < n * n; ++e) a[e] = (T(s[e]) + T(s[e % n * n + e / n])) / T(2);
  const int64_t m = condition_on<T>(n, mask, ridge, a);
  diagonalise<T>(m, a, v);
  for (int64_t i = 0; i < n; ++i) {
    int64_t best = -1;  // the largest eigenvalue that is left; one that has been taken is NaN
    for (int64_t k = 0; k < m; ++k)
      if (const T here = a[k * m + k]; here == here && (best < 0 || here > T(a[best * m + best]))) best = k;
    T scale(0), largest(0);
    if (best >= 0) {
      for (int64_t j = 0; j < m; ++j)
        if (const T component = v[best * m + j]; abs(component) > abs(largest)) largest = component;
      const T variance = a[best * m + best];
      scale = variance > T(0) ? sqrt(variance) * (largest < T(0) ? T(-1) : T(1)) : T(0);
      a[best * m + best] = std::numeric_limits<T>::quiet_NaN();
    }
    for (int64_t j = 0, at = 0; j < n; ++j) {
      const bool withheld = T(mask[j]) == T(0);
      y[i * n + j] = withheld && best >= 0 ? scale * T(v[best * m + at]) : T(0);
      at += withheld;
    }
  }
}

}  // namespace

struct PrincipalAxes : Op {
  static constexpr auto
      name = "principal_axes",
      doc = "the principal axes of a Gaussian, row by row, given the columns of a mask; not recorded";
  static constexpr bool differentiable = false;
  double ridge = 0;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Shape &s = in[0].shape(), &mask = in[1].shape();
    const int rank = s.rank();
    if (rank < 2 || rank > 3 || s[rank - 1] != s[rank - 2])
      fail(name, "expects a square matrix, or one for each row, not ", s);
    const int64_t n = s[rank - 1];
    if (mask.rank() != 2 || mask[1] != n || (rank == 3 && mask[0] != s[0]))
      fail(name, "matrix ", s, " expects a mask [", rank == 3 ? str(s[0]) : "rows", ", ", n, "], not ", mask);
    return {mask[0], n, n};
  }
  // From the matrix of one row to that of the next.
  static int64_t step(const Shape& s) { return s.rank() == 3 ? s[1] * s[2] : 0; }
  template <class T> void forward(ForwardContext& c) const {
    const int64_t rows = c.in[1].size(0), n = c.in[1].size(1), next = step(c.in[0].shape());
    const T *s = c.in[0].template data<T>(),
            *mask = c.in[1].template data<T>();  // [n,n] or [rows,n,n], [rows,n]
    T* y = c.y.template data<T>();               // [rows,n,n]
    parallel_for(rows, rows * n * n * n, [=, ridge = ridge](int64_t r) {
      thread_local std::vector<double> work;  // in double precision whatever T is
      work.resize(size_t(2 * n * n));
      axes_of<double>(n, s + r * next, mask + r * n, ridge, work.data(), work.data() + n * n, y + r * n * n);
    });
  }
  // A thread for each row, in double precision as well.
  template <class T> void device_forward(ForwardContext& c) const {
    const int64_t rows = c.in[1].size(0), n = c.in[1].size(1), next = step(c.in[0].shape());
    Tensor work = Tensor::empty({rows, 2, n, n}, DType::float64, Device::cuda);
    const auto s = cuda::in<T>(c.in[0]), mask = cuda::in<T>(c.in[1]);
    const auto scratch = cuda::out<double>(work);  // [rows, 2, n, n]
    const auto y = cuda::out<T>(c.y);              // [rows, n, n]
    const double added = ridge;
    cuda::for_each(rows, [=] ELBOW_DEVICE(int64_t r) {
      const auto a = scratch + 2 * r * n * n;
      axes_of<double>(n, s + r * next, mask + r * n, added, a, a + n * n, y + r * n * n);
    });
  }
  // By LAPACK.
  void reference(Inputs in, double* y) const {
    const int64_t rows = in[1].size(0), n = in[1].size(1);
    std::fill_n(y, rows * n * n, 0.0);
    const double* s = in[0].data<double>();
    for (int64_t r = 0; r < rows; ++r, y += n * n, s += step(in[0].shape())) {
      Matrix c(n, n);
      std::vector<int64_t> withheld;
      for (int64_t e = 0; e < n * n; ++e) c.values[size_t(e)] = (s[e] + s[e % n * n + e / n]) / 2;
      for (int64_t k = 0; k < n; ++k) {
        if (in[1].data<double>()[r * n + k] == 0) {
          withheld.push_back(k);
          continue;
        }
        const Matrix before = c;
        for (int64_t i = 0; i < n; ++i)
          for (int64_t j = 0; j < n; ++j) c(i, j) -= before(i, k) * before(k, j) / (before(k, k) + ridge);
      }
      const EigenSystem axes = symmetric_eigen(submatrix(c, withheld, withheld));
      for (size_t i = 0; i < withheld.size(); ++i) {
        const double* v = &axes.vectors.values[i * withheld.size()];
        const double largest = *std::max_element(v, v + withheld.size(),
                                                 [](double p, double q) { return std::abs(p) < std::abs(q); });
        for (size_t j = 0; j < withheld.size(); ++j)
          y[int64_t(i) * n + withheld[j]] = std::sqrt(axes.values[i]) * v[j] * (largest < 0 ? -1 : 1);
      }
    }
  }
  static void samples(Samples<PrincipalAxes>& s) {
    const auto mask = [&](int64_t rows, int64_t n) { return s.in({rows, n}).binary(); };
    s.add({s.in({4, 4}).positive_definite(), mask(5, 4)});
    s.add({{}, 1.5}, {s.in({4, 4}).positive_definite(), mask(9, 4)}, "ridge 1.5");
    s.add({s.in({1, 1}).positive_definite(), mask(2, 1)});
    s.add({s.in({3, 3}).positive_definite(), mask(0, 3)});
    s.add({}, {s.in({5, 4, 4}).positive_definite(), mask(5, 4)}, "a matrix for each row");
    s.refuse({}, {s.in({4, 3}), s.in({5, 3})}, "a square matrix, or one for each row, not [4,3]");
    s.refuse({}, {s.in({4, 3, 3}), s.in({5, 3})}, "expects a mask [4, 3], not [5,3]");
    s.refuse({}, {s.in({3, 3}), s.in({5, 4})}, "expects a mask [rows, 3], not [5,4]");
    s.benchmark({}, {s.in({8, 8}).positive_definite(), mask(64, 8)});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::principal_axes(const Tensor& s, const Tensor& mask, double ridge) {
  return ops::apply(ops::PrincipalAxes{{}, ridge}, s, mask);
}
ELBOW_OP(principal_axes, PrincipalAxes)

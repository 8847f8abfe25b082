#include "autograd/backend/cuda/gemm.hpp"

#include "autograd/backend/cuda/blas.hpp"
#include "autograd/backend/cuda/tiles.hpp"

namespace elbow::cuda {

/// Products of matrices that lie in memory, for run_product.
template <class T, Trans ta, Trans tb, bool with_sums> struct Matrices {
  static constexpr bool sums = with_sums;
  Product<T> of;
  Ptr<T> column_sums;
  bool add_sums;
  int m, n, k, count;

  ELBOW_DEVICE auto part(int p) const {
    constexpr bool a_lies = ta == Trans::no, b_lies = tb == Trans::no;  // and is not transposed
    const Operand<T, Line, Line, a_lies> a{
        of.a + p * of.stride_a, {m, a_lies ? of.lda : 1}, {k, a_lies ? 1 : of.lda}};
    const Operand<T, Line, Line, !b_lies> b{
        of.b + p * of.stride_b, {n, b_lies ? 1 : of.ldb}, {k, b_lies ? of.ldb : 1}};
    const Result<T, Line, Line> c{of.c + p * of.stride_c, of.add, {m, of.ldc}, {n, 1}, of.bias, 0, 1, of.relu};
    return Part<decltype(a), decltype(b), decltype(c)>{m, n, k, a, b, c};
  }
  ELBOW_DEVICE void sum(int j, T value) const { column_sums[j] = add_sums ? T(column_sums[j]) + value : value; }
};

namespace {

template <class T, Trans ta, Trans tb, bool sums>
void run_matrices(const Product<T>& p, Ptr<T> column_sums = {}, bool add_sums = false) {
  if (std::max({p.m, p.n, p.k, p.count}) >= int64_t{1} << 30)
    fail("cuda", "a product of [", p.m, ",", p.k, "] by [", p.k, ",", p.n, "] is too large");
  run_product<T>(
      Matrices<T, ta, tb, sums>{p, column_sums, add_sums, int(p.m), int(p.n), int(p.k), int(p.count)});
}

}  // namespace

template <class T> void gemm(const Product<T>& p) {
  if (p.m == 0 || p.n == 0 || p.count == 0) return;
  if (p.count == 1 && is_for_blas(p.m, p.n, p.k) && blas_product(p)) return;
  constexpr Trans N = Trans::no, Y = Trans::yes;
  if (p.ta == N && p.tb == N) run_matrices<T, N, N, false>(p);
  if (p.ta == N && p.tb == Y) run_matrices<T, N, Y, false>(p);
  if (p.ta == Y && p.tb == N) run_matrices<T, Y, N, false>(p);
  if (p.ta == Y && p.tb == Y) run_matrices<T, Y, Y, false>(p);
}

template <class T> void gemm_with_sums(const Product<T>& p, Ptr<T> sums, bool add_sums) {
  if (p.n == 0) return;
  Product<T> rest = p;
  if (is_for_blas(p.m, p.n, p.k) && blas_product(p)) rest.m = 0;  // the sums alone
  run_matrices<T, Trans::yes, Trans::no, true>(rest, sums, add_sums);
}

template void gemm(const Product<float>&);
template void gemm(const Product<double>&);
template void gemm_with_sums(const Product<float>&, Ptr<float>, bool);
template void gemm_with_sums(const Product<double>&, Ptr<double>, bool);

}  // namespace elbow::cuda

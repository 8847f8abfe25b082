#include "autograd/op.hpp"
#include "autograd/product.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// a [m,k] (or [k,m] when transposed) times b [k,n] (or [n,k]): [m,n].
Tensor matmul(const Tensor& a, const Tensor& b, Trans ta = Trans::no, Trans tb = Trans::no);
#endif

namespace elbow::ops {

struct Matmul : Op {
  static constexpr auto name = "matmul", doc = "the matrix product, with either factor transposed on the way";
  Trans ta = Trans::no, tb = Trans::no;

  struct Sizes {
    int64_t m, n, k;
  };
  Sizes sizes(const Shape& a, const Shape& b) const {
    if (a.rank() != 2 || b.rank() != 2) fail(name, "lhs ", a, " x rhs ", b, ": both must have two axes");
    const bool fa = ta == Trans::yes, fb = tb == Trans::yes;
    const int64_t k = a[fa ? 0 : 1], kb = b[fb ? 1 : 0];
    if (k != kb)
      fail(name, "lhs ", a, fa ? "^T" : "", " x rhs ", b, fb ? "^T" : "", ": inner sizes ", k, " and ", kb,
           " differ");
    return {a[fa ? 1 : 0], b[fb ? 0 : 1], k};
  }
  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Sizes s = sizes(in[0].shape(), in[1].shape());
    return {s.m, s.n};
  }
  template <class T> static MatrixView<T> view(const Tensor& t, Trans trans) {
    return {t.data<T>(), t.shape()[1], trans};
  }
  template <class T> void forward(ForwardContext& c) const {
    const auto [m, n, k] = sizes(c.in[0].shape(), c.in[1].shape());
    product<T>(m, n, k, view<T>(c.in[0], ta), view<T>(c.in[1], tb), c.y.template data<T>(), false);
    c.save(c.in[0]);
    c.save(c.in[1]);
  }
  // y = A B with A = op(a): dA = dy B^T and dB = A^T dy. Where op transposes, the gradient of a is dA^T = B dy^T.
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &a = c.saved(0), &b = c.saved(1), &dy = c.dy();
    const auto [m, n, k] = sizes(a.shape(), b.shape());
    if (c.needs(0)) {
      auto [da, add] = c.template into<T>(0);
      if (ta == Trans::no)
        product<T>(m, k, n, view<T>(dy, Trans::no), view<T>(b, flipped(tb)), da, add);
      else
        product<T>(k, m, n, view<T>(b, tb), view<T>(dy, Trans::yes), da, add);
    }
    if (c.needs(1)) {
      auto [db, add] = c.template into<T>(1);
      if (tb == Trans::no)
        product<T>(k, n, m, view<T>(a, flipped(ta)), view<T>(dy, Trans::no), db, add);
      else
        product<T>(n, k, m, view<T>(dy, Trans::yes), view<T>(a, ta), db, add);
    }
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor a = c.saved(0), b = c.saved(1), dy = c.dy();
    c.give(0, ta == Trans::no ? matmul(dy, b, Trans::no, flipped(tb)) : matmul(b, dy, tb, Trans::yes));
    c.give(1, tb == Trans::no ? matmul(a, dy, flipped(ta), Trans::no) : matmul(dy, a, Trans::yes, ta));
  }
  void reference(Inputs in, double* y) const {
    const auto [m, n, k] = sizes(in[0].shape(), in[1].shape());
    const double *a = in[0].data<double>(), *b = in[1].data<double>();
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        y[i * n + j] = 0;
        for (int64_t l = 0; l < k; ++l)
          y[i * n + j] +=
              a[ta == Trans::no ? i * k + l : l * m + i] * b[tb == Trans::no ? l * n + j : j * k + l];
      }
  }
  static void samples(Samples<Matmul>& s) {
    const Trans N = Trans::no, T = Trans::yes;
    s.add(Matmul{{}, N, N}, {s.in({3, 4}), s.in({4, 5})}, "NN")
        .add(Matmul{{}, N, T}, {s.in({3, 4}), s.in({5, 4})}, "NT");
    s.add(Matmul{{}, T, N}, {s.in({4, 3}), s.in({4, 5})}, "TN")
        .add(Matmul{{}, T, T}, {s.in({4, 3}), s.in({5, 4})}, "TT");
    s.add(Matmul{{}, N, N}, {s.in({0, 4}), s.in({4, 5})}, "no rows")
        .add(Matmul{}, {s.in({2, 0}), s.in({0, 3})}, "k = 0");
    s.add(Matmul{}, {s.in({67, 33}), s.in({33, 41})});
    s.refuse(Matmul{{}, N, N}, {s.in({32, 10}), s.in({8, 64})}, "inner sizes 10 and 8 differ");
    s.refuse(Matmul{{}, T, N}, {s.in({3, 4}), s.in({4, 5})}, "inner sizes 3 and 4 differ");
    s.refuse(Matmul{{}, N, N}, {s.in({3}), s.in({3, 2})}, "two axes");
    s.benchmark(Matmul{}, {s.in({64, 64}), s.in({64, 64})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::matmul(const Tensor& a, const Tensor& b, Trans ta, Trans tb) {
  return ops::apply(ops::Matmul{{}, ta, tb}, a, b);
}
ELBOW_OP(matmul, Matmul)

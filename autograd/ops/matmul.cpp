
#include "autograd/backend/cuda/gemm.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// a [m,k] (or [k,m] when transposed) times b [k,n] (or [n,k]): [m,n]. Axes in front number matrices, and broadcast:
/// [...,m,k] times [...,k,n] is [...,m,n]; [rows,m,k] times [k,n] multiplies all by one matrix. Throws where a tensor has
/// less than two axes, or the sizes do not fit.
Tensor matmul(const Tensor& a, const Tensor& b, Trans ta = Trans::no, Trans tb = Trans::no);
#endif

namespace elbow::ops {

struct Matmul : Op {
  static constexpr auto
      name = "matmul",
      doc = "the matrix product, with either factor transposed on the way; axes in front broadcast";
  Trans ta = Trans::no, tb = Trans::no;

  /// The work: `count` products of [m,k] by [k,n].
  struct Products {
    int64_t m, n, k, count = 1;
    Shape in_front{}, of_a{}, of_b{};  // the axes in front, of the output and of the factors
    bool repeats_a = false, repeats_b = false;

    /// f(i, j, l): product i is of matrix j of a and matrix l of b. Several threads share them if they may.
    template <class F> void for_each(bool by_threads, F f) const {
      if (count == 1) return f(0, 0, 0);
      const BroadcastWalk<2> walk(in_front, {&of_a, &of_b});
      const auto one = [&](int64_t i) {
        const int64_t inner = walk.inner_size(), at = i % inner;
        const auto start = walk.offsets(i / inner);
        f(i, start[0] + at * walk.inner_stride(0), start[1] + at * walk.inner_stride(1));
      };
      // A large product uses all threads by itself.
      const int64_t work = m * n * k / 32;
      if (by_threads && work < parallel_threshold) return parallel_for(count, count * work, one);
      for (int64_t i = 0; i < count; ++i) one(i);
    }
    /// f(first, step, n): n products in a row, of matrices of y, a and b that begin with number first[0], first[1] and
    /// first[2], and are step[...] numbers apart.
    template <class F> void for_each_run(F f) const {
      using Numbers = std::array<int64_t, 3>;
      if (count == 0) return;
      if (count == 1) return f(Numbers{}, Numbers{}, int64_t{1});
      const BroadcastWalk<2> walk(in_front, {&of_a, &of_b});
      const int64_t n = walk.inner_size();
      for (int64_t row = 0; row < walk.rows(); ++row) {
        const auto start = walk.offsets(row);
        f(Numbers{row * n, start[0], start[1]}, Numbers{1, walk.inner_stride(0), walk.inner_stride(1)}, n);
      }
    }
  };
  static Shape in_front_of(const Shape& s) { return Shape(s.sizes().first(size_t(s.rank() - 2))); }
  Products products(const Shape& a, const Shape& b) const {
    const int ra = a.rank(), rb = b.rank();
    if (ra < 2 || rb < 2) fail(name, "lhs ", a, " x rhs ", b, ": both must have at least two axes");
    const bool fa = ta == Trans::yes, fb = tb == Trans::yes;
    const int64_t k = a[fa ? ra - 2 : ra - 1], kb = b[fb ? rb - 1 : rb - 2];
    if (k != kb)
      fail(name, "lhs ", a, fa ? "^T" : "", " x rhs ", b, fb ? "^T" : "", ": inner sizes ", k, " and ", kb,
           " differ");
    Products p{a[fa ? ra - 1 : ra - 2], b[fb ? rb - 2 : rb - 1], k};
    if (ra == 2 && rb == 2) return p;
    p.of_a = in_front_of(a);
    p.of_b = in_front_of(b);
    p.in_front = broadcast(p.of_a, p.of_b, name);
    p.count = p.in_front.numel();
    if (p.of_b.numel() == 1 && !fa) {  // one matrix b: the rows of all matrices of a are those of one matrix
      p.m *= p.count;
      p.count = 1;
    }
    p.repeats_a = p.count != 1 && p.of_a.numel() != p.count;
    p.repeats_b = p.count != 1 && p.of_b.numel() != p.count;
    return p;
  }
  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Shape &a = in[0].shape(), &b = in[1].shape();
    Shape out = products(a, b).in_front;
    out.push_back(a[ta == Trans::yes ? a.rank() - 1 : a.rank() - 2]);
    out.push_back(b[tb == Trans::yes ? b.rank() - 2 : b.rank() - 1]);
    return out;
  }
  /// Matrix i of t.
  template <class T> static MatrixView<T> view(const Tensor& t, Trans trans, int64_t i) {
    const int64_t columns = t.size(-1);
    return {t.data<T>() + i * t.size(-2) * columns, columns, trans};
  }
  template <class T> void forward(ForwardContext& c) const {
    const Tensor &a = c.in[0], &b = c.in[1];
    const Products p = products(a.shape(), b.shape());
    T* y = c.y.template data<T>();  // [products, m, n]
    p.for_each(true, [&](int64_t i, int64_t j, int64_t l) {
      product<T>(p.m, p.n, p.k, view<T>(a, ta, j), view<T>(b, tb, l), y + i * p.m * p.n, false);
    });
    c.save(a);
    c.save(b);
  }
  // y = A B with A = op(a): dA = dy B^T and dB = A^T dy. Where op transposes, the gradient of a is dA^T = B dy^T. A matrix
  // that is repeated gets the sum over its products.
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &a = c.saved(0), &b = c.saved(1), &dy = c.dy();
    const Products p = products(a.shape(), b.shape());
    const int64_t m = p.m, n = p.n, k = p.k;
    if (c.needs(0)) {
      auto [target, given] = c.template into<T>(0);
      if (p.repeats_a && !given) std::fill_n(target, a.numel(), T(0));
      p.for_each(!p.repeats_a, [&, da = target, add = given || p.repeats_a](int64_t i, int64_t j, int64_t l) {
        if (ta == Trans::no)
          product<T>(m, k, n, view<T>(dy, Trans::no, i), view<T>(b, flipped(tb), l), da + j * m * k, add);
        else
          product<T>(k, m, n, view<T>(b, tb, l), view<T>(dy, Trans::yes, i), da + j * m * k, add);
      });
    }
    if (c.needs(1)) {
      auto [target, given] = c.template into<T>(1);
      if (p.repeats_b && !given) std::fill_n(target, b.numel(), T(0));
      p.for_each(!p.repeats_b, [&, db = target, add = given || p.repeats_b](int64_t i, int64_t j, int64_t l) {
        if (tb == Trans::no)
          product<T>(k, n, m, view<T>(a, flipped(ta), j), view<T>(dy, Trans::no, i), db + l * k * n, add);
        else
          product<T>(n, k, m, view<T>(dy, Trans::yes, i), view<T>(a, ta, j), db + l * k * n, add);
      });
    }
  }
  /// A factor of products on the GPU: the matrices of y, a or b (0, 1 or 2).
  struct Factor {
    const Tensor& t;
    Trans trans;
    size_t whose;
  };
  /// y (+)= f g: as many products as `p` has, each of [m,k] by [k,n].
  template <class T>
  static void device_products(const Products& p, int64_t m, int64_t n, int64_t k, Factor f, Factor g,
                              cuda::Target y) {
    const auto size = [](const Tensor& t) { return t.size(-2) * t.size(-1); };
    p.for_each_run([&](const auto& first, const auto& step, int64_t count) {
      cuda::gemm<T>({f.trans,
                     g.trans,
                     m,
                     n,
                     k,
                     cuda::in<T>(f.t) + first[f.whose] * size(f.t),
                     f.t.size(-1),
                     cuda::in<T>(g.t) + first[g.whose] * size(g.t),
                     g.t.size(-1),
                     y.add,
                     cuda::out<T>(y.tensor) + first[0] * m * n,
                     n,
                     {},
                     false,
                     count,
                     step[f.whose] * size(f.t),
                     step[g.whose] * size(g.t),
                     m * n});
    });
  }
  /// The same for the gradient of input i, whose matrices may be repeated: then it is the sum over their products.
  template <class T>
  static void device_gradient(BackwardContext& c, size_t i, const Products& p, int64_t m, int64_t n, int64_t k,
                              Factor f, Factor g) {
    if (!(i == 0 ? p.repeats_a : p.repeats_b)) return device_products<T>(p, m, n, k, f, g, c.target(i));
    Shape shape = p.in_front;
    shape.push_back(m);
    shape.push_back(n);
    Tensor all = Tensor::empty(shape, c.dy().dtype(), c.dy().device());
    device_products<T>(p, m, n, k, f, g, cuda::Target(all));
    cuda::sum_to_shape<T>(all, shape, c.target(i), c.shape_of_input(i));
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const Tensor &a = c.in[0], &b = c.in[1];
    const Products p = products(a.shape(), b.shape());
    device_products<T>(p, p.m, p.n, p.k, {a, ta, 1}, {b, tb, 2}, cuda::Target(c.y));
    c.save(a);
    c.save(b);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Tensor &a = c.saved(0), &b = c.saved(1), &dy = c.dy();
    const Products p = products(a.shape(), b.shape());
    if (c.needs(0)) {
      if (ta == Trans::no)
        device_gradient<T>(c, 0, p, p.m, p.k, p.n, {dy, Trans::no, 0}, {b, flipped(tb), 2});
      else
        device_gradient<T>(c, 0, p, p.k, p.m, p.n, {b, tb, 2}, {dy, Trans::yes, 0});
    }
    if (c.needs(1)) {
      if (tb == Trans::no)
        device_gradient<T>(c, 1, p, p.k, p.n, p.m, {a, flipped(ta), 1}, {dy, Trans::no, 0});
      else
        device_gradient<T>(c, 1, p, p.n, p.k, p.m, {dy, Trans::yes, 0}, {a, ta, 1});
    }
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor a = c.saved(0), b = c.saved(1), dy = c.dy();
    if (c.needs(0)) {
      const Tensor da = ta == Trans::no ? matmul(dy, b, Trans::no, flipped(tb)) : matmul(b, dy, tb, Trans::yes);
      c.give(0, sum_to(da, a.shape()));
    }
    if (c.needs(1)) {
      const Tensor db = tb == Trans::no ? matmul(a, dy, flipped(ta), Trans::no) : matmul(dy, a, Trans::yes, ta);
      c.give(1, sum_to(db, b.shape()));
    }
  }
  void reference(Inputs in, double* y) const {
    const Shape &a = in[0].shape(), &b = in[1].shape(), out = shape(in);
    const int64_t m = out[out.rank() - 2], n = out[out.rank() - 1],
                  k = a[ta == Trans::yes ? a.rank() - 2 : a.rank() - 1];
    const Shape in_front = in_front_of(out);
    // which matrix of `s` broadcasts to matrix i of the output
    const auto matrix = [&](const Shape& s, int64_t i) {
      int64_t found = 0, stride = 1;
      for (int axis = in_front.rank() - 1; axis >= 0; --axis) {
        const int own = axis - (out.rank() - s.rank());
        const int64_t at = i % in_front[axis];
        i /= in_front[axis];
        if (own < 0) continue;
        if (s[own] != 1) found += at * stride;
        stride *= s[own];
      }
      return found;
    };
    for (int64_t p = 0; p < in_front.numel(); ++p) {
      const double *pa = in[0].data<double>() + matrix(a, p) * m * k,
                   *pb = in[1].data<double>() + matrix(b, p) * k * n;
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j, ++y) {
          *y = 0;
          for (int64_t l = 0; l < k; ++l)
            *y += pa[ta == Trans::no ? i * k + l : l * m + i] * pb[tb == Trans::no ? l * n + j : j * k + l];
        }
    }
  }
  void onnx(OnnxNode& node) const {
    const auto factor = [&](size_t i, Trans trans) {
      if (trans == Trans::no) return node.in(i);
      std::vector<int64_t> axes(size_t(node.input(i).rank()));
      for (size_t a = 0; a < axes.size(); ++a) axes[a] = int64_t(a);
      std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
      return node.add("Transpose", {node.in(i)}, {{"perm", axes}});
    };
    node.is(node.add("MatMul", {factor(0, ta), factor(1, tb)}));
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
    s.add(Matmul{}, {s.in({2, 3, 4}), s.in({2, 4, 5})}, "two products");
    s.add(Matmul{}, {s.in({2, 3, 4}), s.in({4, 5})}, "all by one matrix");
    s.add(Matmul{{}, N, T}, {s.in({2, 3, 4}), s.in({1, 5, 4})}, "all by one matrix, NT");
    s.add(Matmul{{}, T, N}, {s.in({3, 4, 2}), s.in({4, 5})}, "all by one matrix, TN");
    s.add(Matmul{}, {s.in({3, 4}), s.in({2, 4, 5})}, "one matrix by all");
    s.add(Matmul{{}, T, T}, {s.in({2, 1, 4, 3}), s.in({3, 2, 4})}, "[2,1] and [3] in front, TT");
    s.add(Matmul{}, {s.in({1, 3, 4}), s.in({0, 4, 2})}, "no products")
        .add(Matmul{}, {s.in({2, 2, 0}), s.in({2, 0, 3})}, "k = 0");
    s.refuse(Matmul{{}, N, N}, {s.in({32, 10}), s.in({8, 64})}, "inner sizes 10 and 8 differ");
    s.refuse(Matmul{{}, T, N}, {s.in({3, 4}), s.in({4, 5})}, "inner sizes 3 and 4 differ");
    s.refuse(Matmul{{}, N, N}, {s.in({3}), s.in({3, 2})}, "two axes");
    s.refuse(Matmul{{}, N, N}, {s.in({2, 3, 4}), s.in({3, 4, 2})}, "sizes 2 and 3 differ");
    s.benchmark(Matmul{}, {s.in({64, 64}), s.in({64, 64})});
    s.benchmark(Matmul{}, {s.in({64, 32, 32}), s.in({64, 32, 32})}, "64 products");
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::matmul(const Tensor& a, const Tensor& b, Trans ta, Trans tb) {
  return ops::apply(ops::Matmul{{}, ta, tb}, a, b);
}
ELBOW_OP(matmul, Matmul)

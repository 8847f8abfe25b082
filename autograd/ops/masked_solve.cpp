#include <cmath>

#include "autograd/backend/cuda/gemm.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/gemm/gemm.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// The solution of a symmetric positive definite system that is cut down for each row of b: with O the columns where the mask
/// of the row is not 0, w_O = inverse(s_OO + ridge 1) b_O, and 0 elsewhere. s [n,n], of which the symmetric part
/// (s + s^T) / 2 counts; b and mask [rows,n] give w [rows,n]; the mask has no gradient. A row whose system is not positive
/// definite is NaN. It costs O(n^3) a row. Throws when the shapes do not fit.
Tensor masked_solve(const Tensor& s, const Tensor& b, const Tensor& mask, double ridge = 0);
#endif

namespace elbow::ops {

namespace {

/// One row's system on the CPU: Cholesky's factor of its matrix, in double precision whatever T is. It keeps its memory.
class MaskedSystem {
 public:
  /// Of the columns of s + ridge 1 [n,n] where mask [n] is not 0.
  template <class T> void factorise(int64_t n, const T* s, double ridge, const T* mask) {
    columns_.clear();
    for (int64_t i = 0; i < n; ++i)
      if (mask[i] != 0) columns_.push_back(i);
    const size_t k = columns_.size();
    if (factor_.size() < k * k) factor_.resize(k * k), inverse_.resize(k), solution_.resize(k);
    for (size_t i = 0; i < k; ++i) {
      double* row = &factor_[i * k];  // [k]: of the lower triangle
      for (size_t j = 0; j <= i; ++j) {
        const int64_t a = columns_[i], b = columns_[j];
        const double rest = 0.5 * (double(s[a * n + b]) + double(s[b * n + a])) - dot(j, row, &factor_[j * k]);
        row[j] = j < i ? rest * inverse_[j] : std::sqrt(rest + ridge);
      }
      inverse_[i] = 1 / row[i];
    }
  }
  /// w [n], which may be b, from b [n].
  template <class T> void solve(int64_t n, const T* b, T* w) {
    const size_t k = columns_.size();
    for (size_t i = 0; i < k; ++i)
      solution_[i] = (double(b[columns_[i]]) - dot(i, &factor_[i * k], solution_.data())) * inverse_[i];
    for (size_t i = k; i-- > 0;) {
      solution_[i] *= inverse_[i];
      for (size_t j = 0; j < i; ++j) solution_[j] -= factor_[i * k + j] * solution_[i];
    }
    std::fill_n(w, n, T(0));
    for (size_t i = 0; i < k; ++i) w[columns_[i]] = T(solution_[i]);
  }

 private:
  template <class A> static A dot(size_t n, const A* a, const A* b) {
    if (n >= 16)
      return simd::sum_of<A>(
          int64_t(n), [](auto v, auto w) { return v * w; }, a, b);
    A sum = 0;
    for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
  }
  std::vector<int64_t> columns_;                     // [k]
  std::vector<double> factor_, inverse_, solution_;  // [k,k], [k] 1 / its diagonal, [k]
};

}  // namespace

struct MaskedSolve : Op {
  static constexpr auto
      name = "masked_solve",
      doc = "inverse(s_OO + ridge 1) b_O for the columns O that a row's mask picks, 0 elsewhere";
  double ridge = 0;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 3);
    const Shape &s = in[0].shape(), &b = in[1].shape(), &mask = in[2].shape();
    if (s.rank() != 2 || s[0] != s[1]) fail(name, "expects a square matrix, not ", s);
    if (b.rank() != 2 || b[1] != s[0])
      fail(name, "matrix ", s, " expects a right side [rows, ", s[0], "], not ", b);
    if (!(mask == b)) fail(name, "right side ", b, " expects a mask of that shape, not ", mask);
    return b;
  }
  // w [rows,n] from b [rows,n].
  template <class T> void solve(const Tensor& s, const Tensor& b, const Tensor& mask, T* w) const {
    const int64_t rows = b.size(0), n = b.size(1);
    const T *matrix = s.data<T>(), *right = b.data<T>(), *m = mask.data<T>();
    parallel_for(rows, rows * n * n * (n + 6) / 24, [=, ridge = ridge](int64_t r) {
      thread_local MaskedSystem system;
      system.factorise(n, matrix, ridge, m + r * n);
      system.solve(n, right + r * n, w + r * n);
    });
  }
  template <class T> void forward(ForwardContext& c) const {
    solve<T>(c.in[0], c.in[1], c.in[2], c.y.template data<T>());
    c.save(c.in[0]);
    c.save(c.in[2]);
    c.save(c.y);
  }
  // With the adjoint g = inverse(s_OO + ridge 1) dy_O, which is the same op: db = g and ds = -(g^T w + w^T g) / 2.
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &s = c.saved(0), &mask = c.saved(1), &y = c.saved(2);
    const int64_t rows = y.size(0), n = y.size(1);
    Tensor adjoint = Tensor::empty(y.shape(), y.dtype());
    solve<T>(s, c.dy(), mask, adjoint.data<T>());
    const T *g = adjoint.data<T>(), *w = y.data<T>();  // [rows,n]
    if (c.needs(0)) {
      Tensor product_of = Tensor::empty(s.shape(), s.dtype());
      T* p = product_of.data<T>();  // [n,n]: g^T w
      product<T>(n, n, rows, {g, n, Trans::yes}, {w, n, Trans::no}, p, false);
      auto [ds, add] = c.template into<T>(0);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j)
          ds[i * n + j] = (add ? ds[i * n + j] : T(0)) - T(0.5) * (p[i * n + j] + p[j * n + i]);
    }
    if (c.needs(1)) {
      auto [db, add] = c.template into<T>(1);
      simd::map<T>(
          rows * n, db, add, [](auto v) { return v; }, g);
    }
  }
  // The same on the GPU, a block for each row: all columns, those that the mask does not pick with a row of the identity.
  template <class T> void device_solve(const Tensor& s, const Tensor& b, const Tensor& mask, Tensor& w) const {
    const int64_t rows = b.size(0), n = b.size(1);
    Tensor work = Tensor::empty({rows, n + 1, n}, DType::float64, Device::cuda);
    const auto matrix = cuda::in<T>(s), right = cuda::in<T>(b), m = cuda::in<T>(mask);
    const auto scratch = cuda::out<double>(work);
    const auto y = cuda::out<T>(w);  // [rows, n]
    const double added = ridge;
    cuda::for_rows(rows, n * n, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      auto a = scratch + r * (n + 1) * n;  // [n,n]; its diagonal ends as the inverse of the factor's
      auto x = a + n * n;                  // [n]
      for (int64_t e = block.thread; e < n * n; e += block.threads) {
        const int64_t i = e / n, j = e % n;
        const bool both = m[r * n + i] != T(0) && m[r * n + j] != T(0);
        const double diagonal = both ? added : 1;
        a[e] =
            (both ? (double(matrix[i * n + j]) + double(matrix[j * n + i])) / 2 : 0) + (i == j ? diagonal : 0);
      }
      for (int64_t i = block.thread; i < n; i += block.threads)
        x[i] = m[r * n + i] != T(0) ? double(right[r * n + i]) : 0;
      for (int64_t k = 0; k < n; ++k) {
        block.wait();
        const double inverse = 1 / sqrt(double(a[k * n + k]));
        block.wait();
        for (int64_t i = k + 1 + block.thread; i < n; i += block.threads) a[i * n + k] = a[i * n + k] * inverse;
        if (block.thread == 0) {
          a[k * n + k] = inverse;
          x[k] = x[k] * inverse;
        }
        block.wait();
        const int64_t left = n - k - 1;
        for (int64_t e = block.thread; e < left * left; e += block.threads) {
          const int64_t i = k + 1 + e / left, j = k + 1 + e % left;
          if (j <= i) a[i * n + j] = a[i * n + j] - a[i * n + k] * a[j * n + k];
        }
        for (int64_t i = k + 1 + block.thread; i < n; i += block.threads) x[i] = x[i] - a[i * n + k] * x[k];
      }
      for (int64_t k = n - 1; k >= 0; --k) {
        block.wait();
        if (block.thread == 0) x[k] = x[k] * a[k * n + k];
        block.wait();
        for (int64_t i = block.thread; i < k; i += block.threads) x[i] = x[i] - a[k * n + i] * x[k];
      }
      block.wait();
      for (int64_t i = block.thread; i < n; i += block.threads) y[r * n + i] = T(x[i]);
    });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    device_solve<T>(c.in[0], c.in[1], c.in[2], c.y);
    c.save(c.in[0]);
    c.save(c.in[2]);
    c.save(c.y);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const Tensor &s = c.saved(0), &mask = c.saved(1), &y = c.saved(2);
    const int64_t rows = y.size(0), n = y.size(1);
    Tensor adjoint = Tensor::empty(y.shape(), y.dtype(), Device::cuda);
    device_solve<T>(s, c.dy(), mask, adjoint);
    const auto g = cuda::in<T>(adjoint);
    if (c.needs(0)) {
      Tensor product_of = Tensor::empty(s.shape(), s.dtype(), Device::cuda);
      cuda::gemm<T>(
          {Trans::yes, Trans::no, n, n, rows, g, n, cuda::in<T>(y), n, false, cuda::out<T>(product_of), n});
      const auto p = cuda::in<T>(product_of);  // [n,n]: g^T w
      cuda::write<T>(c.target(0),
                     [=] ELBOW_DEVICE(int64_t e) { return -(p[e] + p[e % n * n + e / n]) / T(2); });
    }
    if (c.needs(1)) cuda::write<T>(c.target(1), [=] ELBOW_DEVICE(int64_t e) { return T(g[e]); });
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor s = c.saved(0), mask = c.saved(1), w = c.saved(2), g = masked_solve(s, c.dy(), mask, ridge);
    c.give(1, g);
    const Tensor p = matmul(g, w, Trans::yes);
    c.give(0, mul(add(p, transpose(p)), Tensor::full({}, -0.5, s.dtype(), s.device())));
  }
  // Gaussian elimination without pivots, which a positive definite system does not need.
  void reference(Inputs in, double* y) const {
    const int64_t rows = in[1].size(0), n = in[1].size(1);
    const double *s = in[0].data<double>(), *b = in[1].data<double>(), *mask = in[2].data<double>();
    for (int64_t r = 0; r < rows; ++r, b += n, mask += n, y += n) {
      std::vector<std::vector<double>> a(size_t(n), std::vector<double>(size_t(n + 1)));  // [n, n+1]
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < n; ++j)
          a[i][j] = mask[i] != 0 && mask[j] != 0 ? (s[i * n + j] + s[j * n + i]) / 2 + (i == j ? ridge : 0)
                                                 : double(i == j);
        a[i][n] = mask[i] != 0 ? b[i] : 0;
      }
      for (int64_t k = 0; k < n; ++k)
        for (int64_t i = k + 1; i < n; ++i)
          for (int64_t j = n; j >= k; --j) a[i][j] -= a[i][k] / a[k][k] * a[k][j];
      for (int64_t i = n - 1; i >= 0; --i) {
        y[i] = a[i][n];
        for (int64_t j = i + 1; j < n; ++j) y[i] -= a[i][j] * y[j];
        y[i] /= a[i][i];
      }
    }
  }
  // ONNX has no such operator: Gauss-Jordan elimination of all rows' systems [a | b] at once, in double precision. Step k
  // takes column k away, and after n steps the solution is left. A column that the mask leaves out is one of the unit matrix, so
  // every system has size n; being positive definite, they need no pivots.
  void onnx(OnnxNode& node) const {
    const int64_t n = node.input(0).size(0);
    const auto add = [&](const char* type, const std::string& a, const std::string& b) {
      return node.add(type, {a, b});
    };
    const auto wide = [&](const std::string& value) { return node.cast(value, OnnxType::float64); };
    const auto number = [&](double v) { return node.constant(v, DType::float64); };
    const auto whole = [&](const std::vector<int64_t>& v) { return node.constant(v); };
    Tensor unit = Tensor::zeros({n, n}, DType::float64);
    for (int64_t i = 0; i < n; ++i) unit.set({i, i}, 1);
    const std::string is_given = node.cast(node.in(2), OnnxType::boolean), given = wide(is_given);
    const std::string down = add("Unsqueeze", given, whole({2}));    // [rows, n, 1]
    const std::string across = add("Unsqueeze", given, whole({1}));  // [rows, 1, n]
    const std::string s = wide(node.in(0)), transposed = node.add("Transpose", {s});
    const std::string symmetric = add("Mul", add("Add", s, transposed), number(0.5));
    const std::string diagonal = add("Add", add("Mul", down, number(ridge - 1)), number(1));  // ridge, or 1
    const std::string matrix = add("Add", add("Mul", symmetric, add("Mul", down, across)),
                                   add("Mul", diagonal, node.constant(unit)));  // [rows, n, n]
    const std::string right = node.add("Where", {is_given, wide(node.in(1)), number(0)});
    std::string left =
        node.add("Concat", {matrix, add("Unsqueeze", right, whole({2}))}, {{"axis", int64_t{2}}});
    for (int64_t k = 0; k < n; ++k) {
      const auto parts =
          node.add("Split", {left, whole({1, n - k})}, {{"axis", int64_t{2}}}, 2);  // column k, and the others
      const auto row = [&](size_t part) {
        return node.add("Gather", {parts[part], whole({k})}, {{"axis", int64_t{1}}});
      };
      Tensor kth = Tensor::zeros({n, 1}, DType::float64);
      kth.set({k, 0}, 1);
      const std::string factors =
          add("Sub", parts[0], node.constant(kth));  // of row k, to be taken from each row
      left = add("Sub", parts[1], add("Mul", factors, add("Div", row(1), row(0))));
    }
    node.is(node.cast(add("Squeeze", left, whole({2})), OnnxType::float32));
  }
  static void samples(Samples<MaskedSolve>& s) {
    const auto mask = [&](int64_t rows, int64_t n) { return s.in({rows, n}).binary().constant(); };
    s.add({s.in({4, 4}).positive_definite(), s.in({5, 4}), mask(5, 4)});
    s.add({{}, 1.5}, {s.in({4, 4}).positive_definite(), s.in({5, 4}), mask(5, 4)}, "ridge 1.5");
    s.add({s.in({20, 20}).positive_definite(), s.in({3, 20}), mask(3, 20)});
    s.add({s.in({1, 1}).positive_definite(), s.in({2, 1}), mask(2, 1)});
    s.add({s.in({3, 3}).positive_definite(), s.in({0, 3}), mask(0, 3)});
    s.refuse({}, {s.in({4, 3}), s.in({5, 3}), s.in({5, 3})}, "a square matrix, not [4,3]");
    s.refuse({}, {s.in({3, 3}), s.in({5, 4}), s.in({5, 4})}, "expects a right side [rows, 3], not [5,4]");
    s.refuse({}, {s.in({3, 3}), s.in({5, 3}), s.in({5})}, "expects a mask of that shape, not [5]");
    s.benchmark({}, {s.in({8, 8}).positive_definite(), s.in({64, 8}), mask(64, 8)});
    s.benchmark({}, {s.in({100, 100}).positive_definite(), s.in({64, 100}), mask(64, 100)});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::masked_solve(const Tensor& s, const Tensor& b, const Tensor& mask, double ridge) {
  return ops::apply(ops::MaskedSolve{{}, ridge}, s, b, mask);
}
ELBOW_OP(masked_solve, MaskedSolve)

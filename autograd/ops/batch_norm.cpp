#include <cmath>

#include "autograd/kernels/batch_norm_op.hpp"
#include "autograd/kernels/map_rows.hpp"
#include "base/blocks.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// Each column normalised to mean 0 and variance 1, then scaled and shifted (Ioffe & Szegedy 2015): x [rows, n], the others
/// [n]. In training by the statistics of the batch, towards which the running ones move in place; otherwise by the running
/// ones. With `relu`, max(., 0) of that. Throws when the shapes do not fit, or a batch in training has one row. Where a
/// thread computes a block of a batch (base/blocks.hpp), the statistics are those of the whole batch.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& running_mean,
                  Tensor& running_var, bool training, double momentum = 0.1, double epsilon = 1e-5,
                  bool relu = false);
#endif

namespace elbow::ops {

/// Inputs: x [rows, n], weight [n], bias [n], running_mean [n], running_var [n]. In training the statistics are those
/// of the batch, and the running ones move towards them in place (the variance unbiased, as in PyTorch); in evaluation
/// the running ones are used. Ioffe & Szegedy 2015.
struct BatchNorm : Op {
  static constexpr auto name = "batch_norm",
                        doc =
                            "each column normalised to mean 0 and variance 1, then scaled and shifted; with "
                            "`relu`, max(., 0) of that";
  bool training = true;
  double momentum = 0.1, epsilon = 1e-5;
  bool relu = false;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 5);
    const Shape& x = in[0].shape();
    if (x.rank() != 2) fail(name, "expects [rows, columns], not ", x);
    for (size_t i = 1; i < 5; ++i)
      if (!(in[i].shape() == Shape{x[1]}))
        fail(name, "input ", x, " expects weight, bias and running statistics of shape [", x[1], "], not ",
             in[i].shape());
    if (training && rows_of_batch(x[0]) < 2)
      fail(name, "training needs at least 2 rows to take a variance of, not ", x[0]);
    return x;
  }
  template <class T> void forward(ForwardContext& c) const {
    const int64_t rows = c.in[0].size(0), n = c.in[0].size(1);
    const T* x = c.in[0].template data<T>();       // [rows, n]
    const T* weight = c.in[1].template data<T>();  // [n]
    const T* bias = c.in[2].template data<T>();    // [n]
    T* y = c.y.template data<T>();                 // [rows, n]
    Tensor means = Tensor::empty({n}, c.y.dtype()), scales = Tensor::empty({n}, c.y.dtype());
    T* mean = means.template data<T>();    // [n]
    T* scale = scales.template data<T>();  // [n] 1 / standard deviation
    const auto inverse_root = [e = epsilon](auto v) {
      using V = decltype(v);
      return V(1) / sqrt(v + V(T(e)));
    };
    if (training) {
      const int64_t all = rows_of_batch(rows);
      batch_statistics(rows, all, n, x, mean, scale);
      T* running_mean = c.template write<T>(3, name);  // [n]
      T* running_var = c.template write<T>(4, name);   // [n]
      const T m = T(momentum), unbiased = T(all) / T(all - 1);
      for (int64_t i = 0; i < n; ++i) running_mean[i] += m * (mean[i] - running_mean[i]);
      for (int64_t i = 0; i < n; ++i) running_var[i] += m * (scale[i] * unbiased - running_var[i]);
      simd::map<T>(n, scale, false, inverse_root, scale);
    } else {
      std::copy_n(c.in[3].template data<T>(), n, mean);
      simd::map<T>(n, scale, false, inverse_root, c.in[4].template data<T>());
    }
    const auto normalise = [&](auto then) {
      simd::map_rows<T>(
          rows, n, y, false,
          [=](auto v, auto m, auto s, auto w, auto b) { return then((v - m) * (s * w) + b); }, simd::OfRows{x},
          simd::OfColumns{mean}, simd::OfColumns{scale}, simd::OfColumns{weight}, simd::OfColumns{bias});
    };
    relu ? normalise([](auto v) { return rectified(v); }) : normalise([](auto v) { return v; });
    save_for_backward(*this, c, means, scales);
  }
  // With xhat = (x - mean) * scale, the statistics' own dependence on x gives, for each column,
  //   dx = weight * scale * (dy - mean(dy) - xhat * mean(dy * xhat)),   in evaluation just weight * scale * dy.
  // Of a block, these means are those of the whole batch, and the gradients of weight and bias are its share of the batch's.
  template <class T> void backward(BackwardContext& c) const {
    relu ? backward_from<T>(c, simd::OfRows{c.saved(4).template data<T>()}) : backward_from<T>(c);
  }
  // `y`: the outputs [rows, n], where they say which gradients come through (let_through).
  template <class T, class... Y> void backward_from(BackwardContext& c, const Y&... y) const {
    const Tensor& input = c.saved(0);
    const int64_t rows = input.size(0), n = input.size(1);
    const T* x = input.data<T>();                     // [rows, n]
    const T* weight = c.saved(1).template data<T>();  // [n]
    const T* mean = c.saved(2).template data<T>();    // [n]
    const T* scale = c.saved(3).template data<T>();   // [n]
    const T* dy = c.dy().template data<T>();          // [rows, n]
    Tensor sums = Tensor::empty({2, n}, input.dtype());
    T* sum_dy = sums.template data<T>();  // [n]
    T* sum_dy_xhat = sum_dy + n;          // [n]
    simd::column_sums<T, 2>(
        rows, n, {sum_dy, sum_dy_xhat}, false,
        [](auto d, auto v, auto m, auto... of_y) {
          const auto g = let_through(d, of_y...);
          return std::array{g, g * (v - m)};
        },
        simd::OfRows{dy}, simd::OfRows{x}, simd::OfColumns{mean}, y...);
    simd::map<T>(
        n, sum_dy_xhat, false, [](auto sum, auto s) { return sum * s; }, sum_dy_xhat, scale);
    if (c.needs(1)) {
      auto [dw, add] = c.template into<T>(1);
      simd::map<T>(
          n, dw, add, [](auto v) { return v; }, sum_dy_xhat);
    }
    if (c.needs(2)) {
      auto [db, add] = c.template into<T>(2);
      simd::map<T>(
          n, db, add, [](auto v) { return v; }, sum_dy);
    }
    if (const Block* block = Block::current(); block && training) block->sum(sum_dy, 2 * n);
    if (!c.needs(0)) return;
    auto [dx, add] = c.template into<T>(0);
    const T share = training ? T(1) / T(rows_of_batch(rows)) : T(0);
    simd::map_rows<T>(
        rows, n, dx, add,
        [=](auto d, auto v, auto m, auto s, auto w, auto sg, auto sgx, auto... of_y) {
          using V = decltype(d);
          const auto g = let_through(d, of_y...);
          return w * s * (g - (V(share) * sg + (v - m) * (V(share) * s * sgx)));
        },
        simd::OfRows{dy}, simd::OfRows{x}, simd::OfColumns{mean}, simd::OfColumns{scale},
        simd::OfColumns{weight}, simd::OfColumns{sum_dy}, simd::OfColumns{sum_dy_xhat}, y...);
  }
  template <class T> void device_forward(ForwardContext& c) const {
    batch_norm_on_device<T>(*this, c, RowView(c.y.shape(), {true}));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    batch_norm_backward_on_device<T>(*this, c, RowView(c.dy().shape(), {true}));
  }
  void backward_in_ops(BackwardContext& c) const {
    batch_norm_backward_in_ops(*this, c, 0, c.shape_of_input(1));
  }
  // Mean and biased variance of each column, over the `all` rows of the batch; the deviations are taken from the mean, so nothing
  // cancels.
  template <class T>
  static void batch_statistics(int64_t rows, int64_t all, int64_t n, const T* x, T* mean, T* variance) {
    const Block* block = Block::current();
    simd::column_sums<T, 1>(
        rows, n, {mean}, false, [](auto v) { return std::array{v}; }, simd::OfRows{x});
    if (block) block->sum(mean, n);
    for (int64_t i = 0; i < n; ++i) mean[i] /= T(all);
    simd::column_sums<T, 1>(
        rows, n, {variance}, false, [](auto v, auto m) { return std::array{(v - m) * (v - m)}; },
        simd::OfRows{x}, simd::OfColumns{mean});
    if (block) block->sum(variance, n);
    for (int64_t i = 0; i < n; ++i) variance[i] /= T(all);
  }
  void reference(Inputs in, double* y) const {
    const int64_t rows = in[0].size(0), n = in[0].size(1);
    const double* x = in[0].data<double>();
    for (int64_t i = 0; i < n; ++i) {
      double mean = in[3].data<double>()[i], variance = in[4].data<double>()[i];
      if (training) {
        mean = variance = 0;
        for (int64_t r = 0; r < rows; ++r) mean += x[r * n + i] / double(rows);
        for (int64_t r = 0; r < rows; ++r) variance += std::pow(x[r * n + i] - mean, 2) / double(rows);
      }
      for (int64_t r = 0; r < rows; ++r) {
        y[r * n + i] = (x[r * n + i] - mean) / std::sqrt(variance + epsilon) * in[1].data<double>()[i] +
                       in[2].data<double>()[i];
        if (relu) y[r * n + i] = std::max(y[r * n + i], 0.0);
      }
    }
  }
  void onnx(OnnxNode& node) const { batch_norm_as_onnx(*this, node); }
  static void samples(Samples<BatchNorm>& s) {
    const auto inputs = [&](int64_t rows, int64_t n) {
      return std::vector{s.in({rows, n}), s.in({n}, 0.5, 2), s.in({n}), s.in({n}).constant(),
                         s.in({n}, 0.5, 2).constant()};
    };
    s.add(BatchNorm{}, inputs(5, 3), "training").add(BatchNorm{}, inputs(9, 37), "training");
    s.add(BatchNorm{{}, false}, inputs(4, 3), "evaluation");
    const double m = BatchNorm{}.momentum, e = BatchNorm{}.epsilon;
    s.add(BatchNorm{{}, true, m, e, true}, inputs(6, 5), "training, with relu");
    s.add(BatchNorm{{}, false, m, e, true}, inputs(9, 37), "evaluation, with relu");
    s.refuse(BatchNorm{}, inputs(1, 3), "at least 2 rows");
    auto wrong = inputs(5, 3);
    wrong[1].shape = {4};
    s.refuse(BatchNorm{}, wrong, "of shape [3]");
    s.benchmark(BatchNorm{}, inputs(64, 64));
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& running_mean,
                                Tensor& running_var, bool training, double momentum, double epsilon,
                                bool relu) {
  return ops::apply(ops::BatchNorm{{}, training, momentum, epsilon, relu}, x, weight, bias, running_mean,
                    running_var);
}
ELBOW_OP(batch_norm, BatchNorm)

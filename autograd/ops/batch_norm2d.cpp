#include <cmath>

#include "autograd/kernels/batch_norm_op.hpp"
#include "autograd/window.hpp"
#include "base/blocks.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// batch_norm of each channel, over rows and pixels: x [rows, n, height, width], the others [n]. In training, the running
/// statistics are written to in place.
Tensor batch_norm2d(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& running_mean,
                    Tensor& running_var, bool training, double momentum = 0.1, double epsilon = 1e-5,
                    bool relu = false);
#endif

namespace elbow::ops {

/// Inputs: x [rows, n, height, width], weight [n], bias [n], running_mean [n], running_var [n]. batch_norm with the
/// pixels of all rows in place of the rows: the statistics of a channel are taken over rows * height * width numbers.
struct BatchNorm2d : Op {
  static constexpr auto name = "batch_norm2d",
                        doc =
                            "each channel normalised to mean 0 and variance 1, then scaled and shifted; with "
                            "`relu`, max(., 0) of that";
  bool training = true;
  double momentum = 0.1, epsilon = 1e-5;
  bool relu = false;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 5);
    const Shape& x = in[0].shape();
    require_images(name, x);
    for (size_t i = 1; i < 5; ++i)
      if (!(in[i].shape() == Shape{x[1]}))
        fail(name, "input ", x, " expects weight, bias and running statistics of shape [", x[1], "], not ",
             in[i].shape());
    if (training && rows_of_batch(x[0]) * x[2] * x[3] < 2)
      fail(name, "training needs at least 2 numbers in each channel to take a variance of, not those of ", x);
    return x;
  }
  /// The sum of f over the planes x[row, channel] of one channel; each plane is summed in T, the planes in double.
  template <class T, class F> static double sum_of_channel(const Shape& s, int64_t channel, F f) {
    double sum = 0;
    for (int64_t row = 0; row < s[0]; ++row) sum += double(f((row * s[1] + channel) * s[2] * s[3]));
    return sum;
  }
  template <class T> void forward(ForwardContext& c) const {
    const Shape& s = c.in[0].shape();
    const int64_t n = s[1], plane = s[2] * s[3], count = rows_of_batch(s[0]) * plane;
    const T* x = c.in[0].template data<T>();                              // [rows, n, plane]
    const T* weight = c.in[1].template data<T>();                         // [n]
    const T* bias = c.in[2].template data<T>();                           // [n]
    const T* old_mean = c.in[3].template data<T>();                       // [n]
    const T* old_var = c.in[4].template data<T>();                        // [n]
    T* running_mean = training ? c.template write<T>(3, name) : nullptr;  // [n]
    T* running_var = training ? c.template write<T>(4, name) : nullptr;   // [n]
    T* y = c.y.template data<T>();                                        // [rows, n, plane]
    Tensor means = Tensor::empty({n}, c.y.dtype()), scales = Tensor::empty({n}, c.y.dtype());
    T* mean = means.template data<T>();    // [n]
    T* scale = scales.template data<T>();  // [n] 1 / standard deviation
    const auto sum = [&](int64_t i) {
      return sum_of_channel<T>(s, i, [&](int64_t at) {
        return simd::sum_of<T>(
            plane, [](auto v) { return v; }, x + at);
      });
    };
    const auto sum_of_deviations = [&](int64_t i, double m) {  // taken from the mean, so nothing cancels
      const auto deviation = [shift = T(m)](auto v) {
        return (v - decltype(v)(shift)) * (v - decltype(v)(shift));
      };
      return sum_of_channel<T>(s, i, [&](int64_t at) { return simd::sum_of<T>(plane, deviation, x + at); });
    };
    const Block* block = training ? Block::current() : nullptr;
    Tensor of_batch = block ? Tensor::empty({2, n}, DType::float64) : Tensor();
    double* sums = block ? of_batch.data<double>() : nullptr;  // [2, n]: over all blocks
    if (block) {
      for (int64_t i = 0; i < n; ++i) sums[i] = sum(i);
      block->sum(sums, n);
      for (int64_t i = 0; i < n; ++i) sums[n + i] = sum_of_deviations(i, sums[i] / double(count));
      block->sum(sums + n, n);
    }
    parallel_for(n, c.y.numel(), [&](int64_t i) {
      double m = double(old_mean[i]), variance = double(old_var[i]);
      if (training) {
        m = (block ? sums[i] : sum(i)) / double(count);
        variance = (block ? sums[n + i] : sum_of_deviations(i, m)) / double(count);
        const double unbiased = variance * double(count) / double(count - 1);
        running_mean[i] += T(momentum * (m - double(running_mean[i])));
        running_var[i] += T(momentum * (unbiased - double(running_var[i])));
      }
      mean[i] = T(m);
      scale[i] = T(1 / std::sqrt(variance + epsilon));
      const auto normalise = [m = mean[i], k = T(scale[i] * weight[i]), b = bias[i]](auto v) {
        using V = decltype(v);
        return (v - V(m)) * V(k) + V(b);
      };
      const auto rectify = [=](auto v) { return rectified(normalise(v)); };
      for (int64_t row = 0; row < s[0]; ++row) {
        const int64_t at = (row * n + i) * plane;
        relu ? simd::map<T>(plane, y + at, false, rectify, x + at)
             : simd::map<T>(plane, y + at, false, normalise, x + at);
      }
    });
    save_for_backward(*this, c, means, scales);
  }
  // As in batch_norm.hpp: dx = weight * scale * (dy - mean(dy) - xhat * mean(dy * xhat)), in evaluation weight * scale
  // * dy.
  template <class T> void backward(BackwardContext& c) const {
    relu ? backward_from<T>(c, static_cast<const T*>(c.saved(4).template data<T>())) : backward_from<T>(c);
  }
  // `y`: the outputs [rows, n, plane], where they say which gradients come through (let_through).
  template <class T, class... Y> void backward_from(BackwardContext& c, Y... y) const {
    const Tensor& input = c.saved(0);
    const Shape& s = input.shape();
    const int64_t n = s[1], plane = s[2] * s[3], count = rows_of_batch(s[0]) * plane;
    const T* x = input.data<T>();                     // [rows, n, plane]
    const T* weight = c.saved(1).template data<T>();  // [n]
    const T* mean = c.saved(2).template data<T>();    // [n]
    const T* scale = c.saved(3).template data<T>();   // [n]
    const T* dy = c.dy().template data<T>();          // [rows, n, plane]
    GradientTarget<T> dx{nullptr, false}, dw = dx, db = dx;
    if (c.needs(0)) dx = c.template into<T>(0);
    if (c.needs(1)) dw = c.template into<T>(1);
    if (c.needs(2)) db = c.template into<T>(2);
    Tensor totals = Tensor::empty({2, n}, DType::float64);
    double* sum_dy = totals.data<double>();  // [n]
    double* sum_dy_xhat = sum_dy + n;        // [n]
    const auto add_up = [&](int64_t i) {
      const auto product = [m = mean[i], k = scale[i]](auto d, auto v, auto... of_y) {
        using V = decltype(v);
        return let_through(d, of_y...) * ((v - V(m)) * V(k));
      };
      sum_dy[i] = sum_of_channel<T>(s, i, [&](int64_t at) {
        return simd::sum_of<T>(
            plane, [](auto d, auto... of_y) { return let_through(d, of_y...); }, dy + at, (y + at)...);
      });
      sum_dy_xhat[i] = sum_of_channel<T>(
          s, i, [&](int64_t at) { return simd::sum_of<T>(plane, product, dy + at, x + at, (y + at)...); });
      if (dw.data) dw.data[i] = (dw.add ? dw.data[i] : T(0)) + T(sum_dy_xhat[i]);
      if (db.data) db.data[i] = (db.add ? db.data[i] : T(0)) + T(sum_dy[i]);
    };
    const Block* block = training ? Block::current() : nullptr;
    if (block) {
      for (int64_t i = 0; i < n; ++i) add_up(i);
      block->sum(sum_dy, 2 * n);
    }
    parallel_for(n, input.numel(), [&](int64_t i) {
      if (!block) add_up(i);
      if (!dx.data) return;
      const double share = training ? 1.0 / double(count) : 0;
      const auto gradient = [m = mean[i], k = scale[i], w = T(weight[i] * scale[i]), a = T(sum_dy[i] * share),
                             b = T(sum_dy_xhat[i] * share)](auto d, auto v, auto... of_y) {
        using V = decltype(v);
        return V(w) * (let_through(d, of_y...) - V(a) - (v - V(m)) * V(k) * V(b));
      };
      for (int64_t row = 0; row < s[0]; ++row) {
        const int64_t at = (row * n + i) * plane;
        simd::map<T>(plane, dx.data + at, dx.add, gradient, dy + at, x + at, (y + at)...);
      }
    });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    batch_norm_on_device<T>(*this, c, RowView(c.y.shape(), {true, false, true, true}));
  }
  template <class T> void device_backward(BackwardContext& c) const {
    batch_norm_backward_on_device<T>(*this, c, RowView(c.dy().shape(), {true, false, true, true}));
  }
  void backward_in_ops(BackwardContext& c) const {
    batch_norm_backward_in_ops(*this, c, {0, 2, 3}, {1, c.shape_of_input(1)[0], 1, 1});
  }
  void reference(Inputs in, double* y) const {
    const Shape& s = in[0].shape();
    const int64_t plane = s[2] * s[3];
    const double* x = in[0].data<double>();
    const double count = double(s[0] * plane);
    for (int64_t i = 0; i < s[1]; ++i) {
      double mean = in[3].data<double>()[i], variance = in[4].data<double>()[i];
      const auto for_each = [&](auto f) {
        for (int64_t row = 0; row < s[0]; ++row)
          for (int64_t p = 0; p < plane; ++p) f((row * s[1] + i) * plane + p);
      };
      if (training) {
        mean = variance = 0;
        for_each([&](int64_t at) { mean += x[at] / count; });
        for_each([&](int64_t at) { variance += std::pow(x[at] - mean, 2) / count; });
      }
      for_each([&](int64_t at) {
        y[at] =
            (x[at] - mean) / std::sqrt(variance + epsilon) * in[1].data<double>()[i] + in[2].data<double>()[i];
        if (relu) y[at] = std::max(y[at], 0.0);
      });
    }
  }
  void onnx(OnnxNode& node) const { batch_norm_as_onnx(*this, node); }
  static void samples(Samples<BatchNorm2d>& s) {
    const auto inputs = [&](const Shape& x) {
      const Shape n{x[1]};
      return std::vector{s.in(x), s.in(n, 0.5, 2), s.in(n), s.in(n).constant(), s.in(n, 0.5, 2).constant()};
    };
    s.add(BatchNorm2d{}, inputs({3, 2, 4, 5}), "training").add(BatchNorm2d{}, inputs({5, 3, 1, 1}), "training");
    s.add(BatchNorm2d{}, inputs({1, 2, 3, 3}), "training, one row");
    s.add(BatchNorm2d{{}, false}, inputs({2, 3, 3, 2}), "evaluation");
    const double m = BatchNorm2d{}.momentum, e = BatchNorm2d{}.epsilon;
    s.add(BatchNorm2d{{}, true, m, e, true}, inputs({3, 2, 4, 5}), "training, with relu");
    s.add(BatchNorm2d{{}, false, m, e, true}, inputs({2, 3, 3, 2}), "evaluation, with relu");
    s.refuse(BatchNorm2d{}, inputs({1, 3, 1, 1}), "at least 2 numbers");
    auto wrong = inputs({5, 3, 2, 2});
    wrong[1].shape = {4};
    s.refuse(BatchNorm2d{}, wrong, "of shape [3]");
    wrong = inputs({5, 3, 2, 2});
    wrong[0].shape = {5, 3};
    s.refuse(BatchNorm2d{}, wrong, "expects images [rows, channels, height, width]");
    s.benchmark(BatchNorm2d{}, inputs({50, 64, 13, 13}));
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::batch_norm2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                  Tensor& running_mean, Tensor& running_var, bool training, double momentum,
                                  double epsilon, bool relu) {
  return ops::apply(ops::BatchNorm2d{{}, training, momentum, epsilon, relu}, x, weight, bias, running_mean,
                    running_var);
}
ELBOW_OP(batch_norm2d, BatchNorm2d)

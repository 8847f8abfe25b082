#pragma once
#include "autograd/alias.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/kernels/broadcast.hpp"
#include "autograd/op.hpp"
#include "autograd/op_settings.hpp"
#include "base/parallel.hpp"

namespace elbow::ops {

namespace detail {
// Loss and slopes of one element, for the kernels of elementwise.hpp.
template <class T, class Loss> struct PairValue {
  Loss loss;
  ELBOW_DEVICE void operator()(const T (&x)[2], T (&y)[1]) const { y[0] = loss.value(x[0], x[1]); }
};
template <class T, class Loss> struct PairSlopes {
  Loss loss;
  T share;  // of an element in the gradient of the output
  ELBOW_DEVICE void operator()(const T (&x)[3], T (&d)[2]) const {
    const Gradients<T, 2> slopes = loss.slopes(x[0], x[1]);
    for (int i = 0; i < 2; ++i) d[i] = slopes.of[i] * (x[2] * share);
  }
};
}  // namespace detail

/// Base of the losses that compare two tensors of one shape [rows, columns] element by element. Members to write, over
/// any value type, as those of an element-wise op:
///
///   template <class V> ELBOW_FN V value(V a, V b) const
///   template <class V> ELBOW_FN Gradients<V, 2> slopes(V a, V b) const      d loss / d a, d loss / d b
///   double plain(double a, double b) const                                  the loss, written in another way
///
template <class Loss> struct PairLoss : Op {
  Reduction reduction = Reduction::mean;

  Shape shape(Inputs in) const {
    require_inputs(Loss::name, in, 2);
    const Shape &a = in[0].shape(), &b = in[1].shape();
    if (!(a == b)) fail(Loss::name, "shapes ", a, " and ", b, " differ: a loss does not broadcast");
    if (a.rank() != 2) fail(Loss::name, "expects [rows, columns], not ", a);
    switch (reduction) {
      case Reduction::none: return a;
      case Reduction::per_row: return {a[0]};
      case Reduction::per_column: return {a[1]};
      case Reduction::mean: return {};
    }
    return {};
  }

  template <class T> void forward(ForwardContext& context) const {
    const int64_t rows = context.in[0].size(0), columns = context.in[0].size(1);
    const T* a = context.in[0].template data<T>();  // [rows, columns]
    const T* b = context.in[1].template data<T>();  // [rows, columns]
    T* y = context.y.template data<T>();
    const auto value = [this](auto p, auto q) { return self().value(p, q); };
    context.save(context.in[0]);
    context.save(context.in[1]);
    if (reduction == Reduction::none) return simd::map<T>(rows * columns, y, false, value, a, b);
    if (reduction == Reduction::per_column) {
      Tensor losses = Tensor::empty({rows, columns}, context.y.dtype());
      simd::map<T>(rows * columns, losses.template data<T>(), false, value, a, b);
      sum_to_shape<T>(losses.template data<T>(), {rows, columns}, y, {columns}, false);
      for (int64_t c = 0; c < columns; ++c) y[c] /= T(rows);
      return;
    }
    if (reduction == Reduction::per_row) {
      parallel_for(rows, rows * columns, [&](int64_t r) {
        y[r] = simd::sum_of<T>(columns, value, a + r * columns, b + r * columns);
      });
      return;
    }
    constexpr int64_t chunk =
        8192;  // fixed: the order of the additions must not depend on the number of threads
    const int64_t n = rows * columns, chunks = (n + chunk - 1) / chunk;
    Tensor parts = Tensor::empty({chunks}, context.y.dtype());
    T* part = parts.template data<T>();  // [chunks]
    parallel_for(chunks, n, [&](int64_t i) {
      const int64_t first = i * chunk;
      part[i] = simd::sum_of<T>(std::min(chunk, n - first), value, a + first, b + first);
    });
    const auto same = [](auto v) { return v; };
    *y = simd::sum_of<T>(chunks, same, part) / T(rows);
  }

  template <class T> void backward(BackwardContext& context) const {
    backward_of<T, 0>(context);
    backward_of<T, 1>(context);
  }

  template <class T> void device_forward(ForwardContext& context) const {
    const Tensor &ta = context.in[0], &tb = context.in[1];
    const Shape& shape = ta.shape();
    context.save(ta);
    context.save(tb);
    const Loss loss = self();
    if (reduction == Reduction::none)
      return cuda::elementwise<T, 2, 1>(detail::PairValue<T, Loss>{loss}, shape, {&ta, &tb},
                                        {{cuda::output<T>(context.y)}});
    const auto a = cuda::in<T>(ta);  // [rows, columns]
    const auto b = cuda::in<T>(tb);  // [rows, columns]
    cuda::sum_rows<T>(
        RowView(shape, {reduction != Reduction::per_row, reduction != Reduction::per_column}),
        [=] ELBOW_DEVICE(int64_t i) { return loss.value(T(a[i]), T(b[i])); }, context.y,
        reduction == Reduction::per_row ? 1 : 1 / double(shape[0]));
  }
  template <class T> void device_backward(BackwardContext& context) const {
    const Tensor &a = context.saved(0), &b = context.saved(1);
    const bool averaged = reduction == Reduction::per_column || reduction == Reduction::mean;
    const Tensor dy = reduction == Reduction::per_row ? alias(context.dy(), {a.size(0), 1}) : context.dy();
    const T share = averaged ? T(1) / T(a.size(0)) : T(1);
    cuda::elementwise<T, 3, 2>(detail::PairSlopes<T, Loss>{self(), share}, a.shape(), {&a, &b, &dy},
                               cuda::gradients<T, 2>(context));
  }

  // The gradient of the output, spread over [rows, columns], times the slopes' own formula over Tracers.
  void backward_in_ops(BackwardContext& context) const {
    const Tensor &a = context.saved(0), &b = context.saved(1);
    const int64_t rows = a.size(0);
    Tensor dy = context.dy();
    if (reduction == Reduction::per_row) dy = reshape(dy, {rows, 1});
    if (reduction == Reduction::per_column || reduction == Reduction::mean)
      dy = mul(dy, Tensor::full({}, 1.0 / double(rows), dy.dtype(), dy.device()));
    dy = broadcast_to(dy, a.shape());
    const auto slopes = self().slopes(Tracer(a), Tracer(b));
    for (size_t i = 0; i < 2; ++i) give_traced(context, i, slopes.of[i] * Tracer(dy));
  }

  void reference(Inputs in, double* y) const {
    const int64_t rows = in[0].size(0), columns = in[0].size(1);
    const double *a = in[0].data<double>(), *b = in[1].data<double>();
    for (int64_t i = 0; i < shape(in).numel(); ++i) y[i] = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        const double value = self().plain(a[r * columns + c], b[r * columns + c]);
        if (reduction == Reduction::none) y[r * columns + c] = value;
        if (reduction == Reduction::per_row) y[r] += value;
        if (reduction == Reduction::per_column) y[c] += value / double(rows);
        if (reduction == Reduction::mean) y[0] += value / double(rows);
      }
  }

  static void loss_samples(Samples<Loss>& s, const InputSpec& a, const InputSpec& b) {
    const auto with = [](Reduction r) {
      Loss loss;
      loss.reduction = r;
      return loss;
    };
    s.add(with(Reduction::none), {a, b}, "element by element");
    s.add(with(Reduction::per_row), {a, b}, "per row");
    s.add(with(Reduction::per_column), {a, b}, "per column");
    s.add(with(Reduction::mean), {a, b}, "mean over rows");
    auto narrow = b, batch_a = a, batch_b = b;
    narrow.shape = {b.shape[0], 1};
    s.refuse(with(Reduction::mean), {a, narrow}, "does not broadcast");
    batch_a.shape = batch_b.shape = {64, 64};
    s.benchmark(with(Reduction::mean), {batch_a, batch_b});
  }

 private:
  const Loss& self() const { return static_cast<const Loss&>(*this); }

  template <class T, int I> void backward_of(BackwardContext& context) const {
    if (!context.needs(size_t(I))) return;
    const Tensor &ta = context.saved(0), &tb = context.saved(1);
    const int64_t rows = ta.size(0), columns = ta.size(1);
    const T* a = ta.data<T>();                      // [rows, columns]
    const T* b = tb.data<T>();                      // [rows, columns]
    const T* dy = context.dy().template data<T>();  // of the reduction's shape
    const GradientTarget<T> into = context.template into<T>(size_t(I));
    T* const target = into.data;
    const bool add = into.add;
    const auto slope = [this](auto p, auto q, auto g) { return self().slopes(p, q).of[I] * g; };
    if (reduction == Reduction::none) return simd::map<T>(rows * columns, target, add, slope, a, b, dy);
    if (reduction == Reduction::per_column) {
      const T share = T(1) / T(rows);
      for (int64_t r = 0, at = 0; r < rows; ++r, at += columns)
        simd::map<T>(
            columns, target + at, add,
            [=](auto p, auto q, auto g) { return slope(p, q, g) * decltype(p)(share); }, a + at, b + at, dy);
      return;
    }
    const auto scaled = [&](int64_t n, int64_t at, T g) {
      simd::map<T>(
          n, target + at, add, [=](auto p, auto q) { return slope(p, q, decltype(p)(g)); }, a + at, b + at);
    };
    if (reduction == Reduction::mean) return scaled(rows * columns, 0, *dy / T(rows));
    for (int64_t r = 0; r < rows; ++r) scaled(columns, r * columns, dy[r]);
  }
};

}  // namespace elbow::ops

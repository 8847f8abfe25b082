#include "autograd/kernels/loss.hpp"
#include "autograd/kernels/softmax_rows.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// -sum of target * log softmax(logits) in nats, row by row, reduced per_row or mean: logits and targets [rows, classes], the
/// targets probabilities, most often one-hot rows. Throws when the shapes differ, and for the other reductions.
Tensor cross_entropy_with_logits(const Tensor& logits, const Tensor& targets,
                                 Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct CrossEntropyWithLogits : Op {
  static constexpr auto
      name = "cross_entropy_with_logits",
      doc = "-sum of target * log softmax(logits) in nats, row by row; a row of zero targets has the loss 0";
  Reduction reduction = Reduction::mean;

  Shape shape(Inputs in) const {
    require_inputs(name, in, 2);
    const Shape &a = in[0].shape(), &b = in[1].shape();
    if (!(a == b)) fail(name, "logits ", a, " and targets ", b, " differ in shape: a loss does not broadcast");
    if (a.rank() != 2 || a[1] == 0) fail(name, "expects [rows, classes], not ", a);
    if (reduction == Reduction::none || reduction == Reduction::per_column)
      fail(name, "has one value a row, not one a column: reduce per_row or mean");
    return reduction == Reduction::per_row ? Shape{a[0]} : Shape{};
  }
  template <class T> void forward(ForwardContext& c) const {
    const int64_t rows = c.in[0].size(0), n = c.in[0].size(1);
    const T* logits = c.in[0].template data<T>();   // [rows, n]
    const T* targets = c.in[1].template data<T>();  // [rows, n]
    Tensor losses = reduction == Reduction::per_row ? c.y : Tensor::empty({rows}, c.y.dtype());
    T* loss = losses.template data<T>();  // [rows]
    parallel_for(rows, rows * n, [&](int64_t r) {
      const T log_sum = logsumexp_of(n, logits + r * n);
      // a target of exactly 0 adds nothing, even where the logit is -inf
      loss[r] = simd::sum_of<T>(
          n,
          [=](auto l, auto t) {
            using V = decltype(l);
            return select(t == V(0), V(0), t * (V(log_sum) - l));
          },
          logits + r * n, targets + r * n);
    });
    if (reduction == Reduction::mean)
      *c.y.template data<T>() = simd::sum_of<T>(
                                    rows, [](auto v) { return v; }, loss) /
                                T(rows);
    c.save(c.in[0]);
    c.save(c.in[1]);
  }
  template <class T> void backward(BackwardContext& c) const {
    const Tensor &l = c.saved(0), &t = c.saved(1);
    const int64_t rows = l.size(0), n = l.size(1);
    const T* logits = l.data<T>();   // [rows, n]
    const T* targets = t.data<T>();  // [rows, n]
    const T* dy = c.dy().template data<T>();
    const bool mean = reduction == Reduction::mean;
    const auto weight = [=](int64_t r) { return mean ? *dy / T(rows) : dy[r]; };
    if (c.needs(0)) {
      auto [dx, add] = c.template into<T>(0);
      Tensor row = Tensor::empty({n}, l.dtype());
      T* p = row.template data<T>();  // [n] softmax of one row
      for (int64_t r = 0; r < rows; ++r) {
        const T w = weight(r), mass = simd::sum_of<T>(
                                   n, [](auto v) { return v; }, targets + r * n);
        softmax_of(n, logits + r * n, p);
        simd::map<T>(
            n, dx + r * n, add,
            [=](auto q, auto target) {
              using V = decltype(q);
              return (q * V(mass) - target) * V(w);
            },
            p, targets + r * n);
      }
    }
    if (!c.needs(1)) return;
    auto [dt, add] = c.template into<T>(1);
    for (int64_t r = 0; r < rows; ++r) {
      const T w = weight(r), log_sum = logsumexp_of(n, logits + r * n);
      simd::map<T>(
          n, dt + r * n, add,
          [=](auto v) {
            using V = decltype(v);
            return (V(log_sum) - v) * V(w);
          },
          logits + r * n);
    }
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const int64_t rows = c.in[0].size(0), n = c.in[0].size(1);
    const auto logits = cuda::in<T>(c.in[0]);   // [rows, n]
    const auto targets = cuda::in<T>(c.in[1]);  // [rows, n]
    const auto loss = [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const auto logit = [&](int64_t k) { return T(logits[r * n + k]); };
      const T log_sum = logsumexp_row<T>(block, n, logit);
      return block.template sum_of<T>(n, [&](int64_t k) {
        const T target = targets[r * n + k];
        return target == T(0) ? T(0) : target * (log_sum - logit(k));
      });
    };
    if (reduction == Reduction::mean)
      cuda::mean_of_rows<T>(rows, n, c.y, loss);
    else
      cuda::write_rows<T>(rows, n, c.y, loss);
    c.save(c.in[0]);
    c.save(c.in[1]);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const int64_t rows = c.saved(0).size(0), n = c.saved(0).size(1);
    const auto logits = cuda::in<T>(c.saved(0));   // [rows, n]
    const auto targets = cuda::in<T>(c.saved(1));  // [rows, n]
    const auto dy = cuda::in<T>(c.dy());           // [rows] or []
    const bool mean = reduction == Reduction::mean;
    cuda::Output<T> dl{}, dt{};  // [rows, n]
    if (c.needs(0)) dl = cuda::output<T>(c.target(0));
    if (c.needs(1)) dt = cuda::output<T>(c.target(1));
    cuda::for_rows(rows, n, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const auto logit = [&](int64_t k) { return T(logits[r * n + k]); };
      const auto target = [&](int64_t k) { return T(targets[r * n + k]); };
      const T weight = mean ? dy[0] / T(rows) : T(dy[r]), mass = block.template sum_of<T>(n, target);
      const T top = block.template max_of<T>(n, logit);
      const T sum = block.template sum_of<T>(n, [&](int64_t k) { return exp(logit(k) - top); });
      const T log_sum = std::isfinite(top) ? top + log(sum) : top, scale = T(1) / sum;
      for (int64_t k = block.thread; k < n; k += block.threads) {
        dl.set(r * n + k, (exp(logit(k) - top) * scale * mass - target(k)) * weight);
        dt.set(r * n + k, (log_sum - logit(k)) * weight);
      }
    });
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor logits = c.saved(0), targets = c.saved(1);
    const int64_t rows = logits.size(0);
    const Tensor weight =
        reduction == Reduction::mean
            ? mul(c.dy(), Tensor::full({}, 1.0 / double(rows), logits.dtype(), logits.device()))
            : reshape(c.dy(), {rows, 1});
    if (c.needs(0)) c.give(0, mul(sub(mul(softmax(logits), sum(targets, -1, true)), targets), weight));
    if (c.needs(1)) c.give(1, mul(sub(logsumexp(logits, -1, true), logits), weight));
  }
  void reference(Inputs in, double* y) const {
    const int64_t rows = in[0].size(0), n = in[0].size(1);
    if (reduction == Reduction::mean) *y = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const double *l = in[0].data<double>() + r * n, *t = in[1].data<double>() + r * n;
      double sum = 0, loss = 0;
      for (int64_t i = 0; i < n; ++i) sum += std::exp(l[i]);
      for (int64_t i = 0; i < n; ++i) loss += t[i] * (std::log(sum) - l[i]);
      if (reduction == Reduction::mean)
        *y += loss / double(rows);
      else
        y[r] = loss;
    }
  }
  static void samples(Samples<CrossEntropyWithLogits>& s) {
    s.add(CrossEntropyWithLogits{{}, Reduction::mean}, {s.in({4, 19}), s.in({4, 19}, 0, 1).one_hot()}, "mean");
    s.add(CrossEntropyWithLogits{{}, Reduction::per_row}, {s.in({4, 3}), s.in({4, 3}, 0.1, 1)}, "per row");
    s.refuse(CrossEntropyWithLogits{{}, Reduction::mean}, {s.in({4, 3}), s.in({4, 1})}, "does not broadcast");
    s.refuse(CrossEntropyWithLogits{{}, Reduction::per_column}, {s.in({4, 3}), s.in({4, 3})},
             "one value a row");
    s.benchmark(CrossEntropyWithLogits{{}, Reduction::mean}, {s.in({64, 19}), s.in({64, 19}, 0, 1).one_hot()});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::cross_entropy_with_logits(const Tensor& logits, const Tensor& targets,
                                               Reduction reduction) {
  return ops::apply(ops::CrossEntropyWithLogits{{}, reduction}, logits, targets);
}
ELBOW_OP(cross_entropy_with_logits, CrossEntropyWithLogits)

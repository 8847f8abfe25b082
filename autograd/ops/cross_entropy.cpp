#include <cmath>

#include "autograd/backend/cuda/device_array.hpp"
#include "autograd/backend/cuda/reduce.hpp"
#include "autograd/indices.hpp"
#include "autograd/kernels/softmax_rows.hpp"
#include "autograd/op.hpp"
#include "base/parallel.hpp"

#if ELBOW_DECLARATIONS  // copied to autograd/ops.hpp
/// -log softmax(logits)[label] in nats, for logits [rows, classes] and labels [rows]: the mean over the rows, or [rows] with
/// Reduction::per_row (the other two are refused). Throws, naming the row, for a label that is not in [0, classes). Targets
/// that are probabilities: cross_entropy_with_logits.
Tensor cross_entropy(const Tensor& logits, const Indices& labels, Reduction reduction = Reduction::mean);
#endif

namespace elbow::ops {

struct CrossEntropy : Op {
  static constexpr auto name = "cross_entropy",
                        doc = "-log softmax(logits) at a label, in nats, row by row; never overflows";
  Reduction reduction = Reduction::mean;
  Indices labels;  // [rows]

  Shape shape(Inputs in) const {
    require_inputs(name, in, 1);
    const Shape& x = in[0].shape();
    if (x.rank() != 2 || x[1] == 0) fail(name, "expects logits [rows, classes], not ", x);
    if (!(labels.shape() == Shape{x[0]}))
      fail(name, "logits ", x, " and labels ", labels.shape(), ": expects labels of shape [", x[0], "]");
    for (int64_t r = 0; r < x[0]; ++r)
      if (labels[r] < 0 || labels[r] >= x[1])
        fail(name, "label ", labels[r], " of row ", r, " is not in [0, ", x[1], ")");
    if (reduction == Reduction::none || reduction == Reduction::per_column)
      fail(name, "has one value a row, not one a column: reduce per_row or mean");
    return reduction == Reduction::per_row ? Shape{x[0]} : Shape{};
  }
  template <class T> void forward(ForwardContext& c) const {
    const int64_t rows = c.in[0].size(0), n = c.in[0].size(1);
    const T* logits = c.in[0].template data<T>();  // [rows, n]
    Tensor losses = reduction == Reduction::per_row ? c.y : Tensor::empty({rows}, c.y.dtype());
    T* loss = losses.template data<T>();  // [rows]
    parallel_for(rows, rows * n, [&](int64_t r) {
      const T* row = logits + r * n;  // [n]
      loss[r] = logsumexp_of(n, row) - row[labels[r]];
    });
    if (reduction == Reduction::mean)
      *c.y.template data<T>() = simd::sum_of<T>(
                                    rows, [](auto v) { return v; }, loss) /
                                T(rows);
    c.save(c.in[0]);
  }
  // The gradient of a row is softmax - onehot.
  template <class T> void backward(BackwardContext& c) const {
    const Tensor& x = c.saved(0);
    const int64_t rows = x.size(0), n = x.size(1);
    const T* logits = x.data<T>();            // [rows, n]
    const T* dy = c.dy().template data<T>();  // [rows] or []
    auto [target, given] = c.template into<T>(0);
    parallel_for(rows, rows * n, [&, dx = target, add = given](int64_t r) {
      const T weight = reduction == Reduction::mean ? *dy / T(rows) : dy[r],
              log_sum = logsumexp_of(n, logits + r * n);
      simd::map<T>(
          n, dx + r * n, add,
          [=](auto v) {
            using V = decltype(v);
            return exp(v - V(log_sum)) * V(weight);
          },
          logits + r * n);
      dx[r * n + labels[r]] -= weight;
    });
  }
  template <class T> void device_forward(ForwardContext& c) const {
    const int64_t rows = c.in[0].size(0), n = c.in[0].size(1);
    const auto logits = cuda::in<T>(c.in[0]);  // [rows, n]
    const cuda::DeviceArray<int64_t> numbers(labels.to_vector());
    const auto label = numbers.in();  // [rows]
    const auto loss = [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const auto row = logits + r * n;  // [n]
      return logsumexp_row<T>(block, n, [&](int64_t k) { return T(row[k]); }) - row[label[r]];
    };
    if (reduction == Reduction::mean)
      cuda::mean_of_rows<T>(rows, n, c.y, loss);
    else
      cuda::write_rows<T>(rows, n, c.y, loss);
    c.save(c.in[0]);
  }
  template <class T> void device_backward(BackwardContext& c) const {
    const int64_t rows = c.saved(0).size(0), n = c.saved(0).size(1);
    const auto logits = cuda::in<T>(c.saved(0));   // [rows, n]
    const auto dy = cuda::in<T>(c.dy());           // [rows] or []
    const auto dx = cuda::output<T>(c.target(0));  // [rows, n]
    const cuda::DeviceArray<int64_t> numbers(labels.to_vector());
    const auto label = numbers.in();  // [rows]
    const bool mean = reduction == Reduction::mean;
    cuda::for_rows(rows, n, [=] ELBOW_DEVICE(const cuda::Block& block, int64_t r) {
      const auto row = logits + r * n;  // [n]
      const T weight = mean ? dy[0] / T(rows) : T(dy[r]);
      const T log_sum = logsumexp_row<T>(block, n, [&](int64_t k) { return T(row[k]); });
      for (int64_t k = block.thread; k < n; k += block.threads)
        dx.set(r * n + k, (exp(row[k] - log_sum) - (k == label[r] ? T(1) : T(0))) * weight);
    });
  }
  void backward_in_ops(BackwardContext& c) const {
    const Tensor& x = c.saved(0);
    const int64_t rows = x.size(0);
    const Tensor weight = reduction == Reduction::mean
                              ? mul(c.dy(), Tensor::full({}, 1.0 / double(rows), x.dtype(), x.device()))
                              : reshape(c.dy(), {rows, 1});
    c.give(0, mul(sub(softmax(x), one_hot(labels, x.size(1), x.dtype(), x.device())), weight));
  }
  void reference(Inputs in, double* y) const {
    const int64_t rows = in[0].size(0), n = in[0].size(1);
    if (reduction == Reduction::mean) *y = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const double* x = in[0].data<double>() + r * n;
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - x[labels[r]]);
      if (reduction == Reduction::mean)
        *y += std::log(sum) / double(rows);
      else
        y[r] = std::log(sum);
    }
  }
  static void samples(Samples<CrossEntropy>& s) {
    s.add({{}, Reduction::mean, {1, 18, 0, 1}}, {s.in({4, 19})}, "mean");
    s.add({{}, Reduction::per_row, {2, 0, 2, 1}}, {s.in({4, 3})}, "per row");
    s.refuse({{}, Reduction::mean, {0, 3}}, {s.in({2, 3})}, "label 3 of row 1 is not in [0, 3)");
    s.refuse({{}, Reduction::mean, {-1, 0}}, {s.in({2, 3})}, "label -1 of row 0");
    s.refuse({{}, Reduction::mean, {0}}, {s.in({2, 3})}, "expects labels of shape [2]");
    s.refuse({{}, Reduction::mean, {0}}, {s.in({3})}, "expects logits [rows, classes]");
    s.refuse({{}, Reduction::none, {0, 1}}, {s.in({2, 3})}, "one value a row");
    std::vector<int64_t> many;
    for (int64_t r = 0; r < 64; ++r) many.push_back(r % 19);
    s.benchmark({{}, Reduction::mean, many}, {s.in({64, 19})});
  }
};

}  // namespace elbow::ops

elbow::Tensor elbow::cross_entropy(const Tensor& logits, const Indices& labels, Reduction reduction) {
  return ops::apply(ops::CrossEntropy{{}, reduction, labels}, logits);
}
ELBOW_OP(cross_entropy, CrossEntropy)

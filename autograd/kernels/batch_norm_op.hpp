#pragma once
#include "autograd/alias.hpp"
#include "autograd/backend/cuda/batch_norm.hpp"
#include "autograd/kernels/rectified.hpp"
#include "autograd/op.hpp"
#include "base/blocks.hpp"

namespace elbow::ops {

/// Sums on the GPU become means over `count` elements of all blocks of a batch. They are few, and the host adds them.
template <class T> void mean_over_blocks(const Block& block, Tensor& sums, int64_t count) {
  Tensor on_host = on_cpu(sums);
  T* values = on_host.data<T>();
  block.sum(values, sums.numel());
  for (int64_t i = 0; i < sums.numel(); ++i) values[i] /= T(count);
  copy_elements(on_host, sums);
}

/// How many elements a channel has in the batch as a whole, of which x may be a block.
inline int64_t elements_of_batch(const Tensor& x, const RowView& channels) {
  return rows_of_batch(x.size(0)) * (channels.elements.count / x.size(0));
}

/// What the backward of batch_norm and batch_norm2d reads: x, weight, mean and 1 / standard deviation [n], and the output behind max(., 0).
template <class O>
void save_for_backward(const O& op, ForwardContext& c, const Tensor& mean, const Tensor& scale) {
  for (const Tensor& t : {c.in[0], c.in[1], mean, scale}) c.save(t);
  if (op.relu) c.save(c.y);
}

/// Mean and variance [n] of each channel of a batch on the GPU, of which the calling thread computes that block; the running ones
/// move towards them.
template <class T, class O>
std::array<Tensor, 2> statistics_over_blocks(const O& op, const Block& block, const Tensor& x,
                                             const RowView& channels, std::array<Tensor, 2>& running) {
  const int64_t n = channels.rows.count, all = elements_of_batch(x, channels);
  std::array<Tensor, 2> of_batch;
  for (Tensor& t : of_batch) t = Tensor::empty({n}, x.dtype(), x.device());
  auto& [mean, variance] = of_batch;
  cuda::channel_sums<T>(channels, cuda::in<T>(x), {}, cuda::out<T>(mean));
  mean_over_blocks<T>(block, mean, all);
  cuda::channel_sums<T>(channels, cuda::in<T>(x), cuda::in<T>(mean), cuda::out<T>(variance));
  mean_over_blocks<T>(block, variance, all);
  for (size_t s : {0, 1}) {
    const auto target = cuda::in<T>(of_batch[s]);
    const auto moves = cuda::out<T>(running[s]);
    const T factor = s == 0 ? T(1) : T(all) / T(all - 1), momentum = T(op.momentum);  // the variance unbiased
    cuda::for_each(n, [=] ELBOW_DEVICE(int64_t i) {
      const T old = moves[i];
      moves[i] = old + momentum * (target[i] * factor - old);
    });
  }
  return of_batch;
}

/// The kernels of batch_norm and batch_norm2d on the GPU, where `channels` has the elements of a channel in a row.
template <class T, class O> void batch_norm_on_device(const O& op, ForwardContext& c, const RowView& channels) {
  const Shape& n = c.in[1].shape();
  Tensor mean = Tensor::empty(n, c.y.dtype(), c.y.device()),
         scale = Tensor::empty(n, c.y.dtype(), c.y.device());
  std::array<Tensor, 2> statistics{c.in[3], c.in[4]};  // the running ones
  if (op.training) statistics = {c.written(3, O::name), c.written(4, O::name)};
  const Block* block = op.training ? Block::current() : nullptr;
  if (block) statistics = statistics_over_blocks<T>(op, *block, c.in[0], channels, statistics);
  cuda::batch_norm<T>(
      channels, {cuda::in<T>(c.in[0]), cuda::in<T>(c.in[1]), cuda::in<T>(c.in[2]), cuda::out<T>(statistics[0]),
                 cuda::out<T>(statistics[1]), cuda::out<T>(c.y), cuda::out<T>(mean), cuda::out<T>(scale),
                 op.training && !block, op.relu, T(op.momentum), T(op.epsilon)});
  save_for_backward(op, c, mean, scale);
}
template <class T, class O>
void batch_norm_backward_on_device(const O& op, BackwardContext& c, const RowView& channels) {
  const auto gradient = [&](size_t i) { return c.needs(i) ? cuda::output<T>(c.target(i)) : cuda::Output<T>{}; };
  const auto y = op.relu ? cuda::in<T>(c.saved(4)) : cuda::Ptr<const T>();
  using Outputs =
      std::array<cuda::Output<T>, 3>;  // of x, weight and bias, in their order: two may be one tensor
  const auto launch = [&](const Outputs& to, cuda::Ptr<const T> means) {
    cuda::batch_norm_backward<T>(
        channels, {cuda::in<T>(c.saved(0)), cuda::in<T>(c.saved(1)), cuda::in<T>(c.saved(2)),
                   cuda::in<T>(c.saved(3)), cuda::in<T>(c.dy()), y, to[0], to[1], to[2], op.training, means});
  };
  const Block* block = op.training ? Block::current() : nullptr;
  if (!block) return launch(Outputs{gradient(0), gradient(1), gradient(2)}, {});
  // Of a block: its sums, which are its share of the gradients of weight and bias, and then dx from those of the batch.
  const int64_t n = channels.rows.count;
  Tensor sums = Tensor::empty({2, n}, c.dy().dtype(), c.dy().device());
  Tensor of_bias = alias(sums, {n}), of_weight = alias(sums, {n}, n);
  launch(Outputs{cuda::Output<T>{}, cuda::output<T>(of_weight), cuda::output<T>(of_bias)}, {});
  for (size_t k : {1, 2}) {
    if (!c.needs(k)) continue;
    const auto share = cuda::in<T>(k == 1 ? of_weight : of_bias);
    cuda::write<T>(c.target(k), [=] ELBOW_DEVICE(int64_t i) { return share[i]; });
  }
  if (!c.needs(0)) return;
  mean_over_blocks<T>(*block, sums, elements_of_batch(c.dy(), channels));
  launch(Outputs{gradient(0)}, cuda::in<T>(sums));
}

/// The backward of batch_norm and batch_norm2d written in ops. The statistics are taken over `axes`, and shape [n] is viewed as
/// `channels` next to x. In training they are computed again, as functions of x.
template <class O>
void batch_norm_backward_in_ops(const O& op, BackwardContext& c, const Axes& axes, const Shape& channels) {
  if (Block::current() && op.training)
    fail(O::name, "has no second derivatives where a batch is cut into blocks");
  const Tensor& x = c.saved(0);
  const auto constant = [&](double value) { return Tensor::full({}, value, x.dtype(), x.device()); };
  const Tensor dy = op.relu ? where(less(constant(0), c.saved(4)), c.dy(), constant(0)) : c.dy();
  const Shape n = c.shape_of_input(1);
  const Tensor weight = reshape(c.saved(1), channels);
  Tensor centre = reshape(c.saved(2), channels), scale = reshape(c.saved(3), channels);
  if (op.training) {
    centre = mean(x, axes, true);
    const Tensor variance = mean(square(sub(x, centre)), axes, true);
    scale = reciprocal(sqrt(add(variance, constant(op.epsilon))));
  }
  const Tensor xhat = mul(sub(x, centre), scale);
  if (c.needs(1)) c.give(1, reshape(sum(mul(dy, xhat), axes), n));
  if (c.needs(2)) c.give(2, reshape(sum(dy, axes), n));
  if (!c.needs(0)) return;
  Tensor part = dy;
  if (op.training) part = sub(sub(dy, mean(dy, axes, true)), mul(xhat, mean(mul(dy, xhat), axes, true)));
  c.give(0, mul(mul(weight, scale), part));
}

/// Both as ONNX, in evaluation.
template <class O> void batch_norm_as_onnx(const O& op, OnnxNode& node) {
  if (op.training) fail(O::name, "in training mode has no form in ONNX");
  const std::string y =
      node.add("BatchNormalization", {node.in(0), node.in(1), node.in(2), node.in(3), node.in(4)},
               {{"epsilon", float(op.epsilon)}});
  node.is(op.relu ? node.add("Relu", {y}) : y);
}

}  // namespace elbow::ops

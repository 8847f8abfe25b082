#pragma once
// batch_norm and batch_norm2d: the statistics of a channel are taken over all that a view of x (autograd/kernels/row_view.hpp) has in the
// channel's row. One launch for each direction.
#include <algorithm>
#include <bit>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/row_view.hpp"

namespace elbow::cuda {

template <class T> struct BatchNormForward {
  Ptr<const T> x, weight, bias;      // x of any shape, [n], [n]
  Ptr<T> running_mean, running_var;  // [n]
  Ptr<T> y, mean, scale;             // of x's shape, [n], [n]: 1 / standard deviation
  bool training, relu;               // relu: max(y, 0) in place of y
  T momentum, epsilon;
};
/// In training, moves the running statistics towards those of the batch.
template <class T> void batch_norm(const RowView& channels, const BatchNormForward<T>& tensors);

template <class T> struct BatchNormBackward {
  Ptr<const T> x, weight, mean, scale, dy;  // of x's shape, [n], [n], [n], of x's shape
  Ptr<const T> y;                           // null, or the outputs: where they are not above 0, dy counts as 0
  Output<T> dx, dweight, dbias;             // of x's shape, [n], [n]: null where not wanted
  bool training;
  Ptr<const T> means{};  // [2, n]: of dy and dy * xhat over a batch of which x is a block; null: x is the batch
};
template <class T> void batch_norm_backward(const RowView& channels, const BatchNormBackward<T>& tensors);

/// to[n] = the sums over each channel of x, or, where there is a mean [n], of (x - mean)^2.
template <class T> void channel_sums(const RowView& channels, Ptr<const T> x, Ptr<const T> mean, Ptr<T> to);

#if ELBOW_DEVICE_SOURCE

/// A block whose threads work on C channels side by side, thread t on channel t % C of them: neighbours in a matrix.
template <int C> struct ChannelBlock {
  int column = int(threadIdx.x) % C, lane = int(threadIdx.x) / C, lanes = int(blockDim.x) / C;
  int64_t channel, count;  ///< this thread's channel, and how many elements one has
  bool inside;             ///< whether there is such a channel
  int64_t base, end;       ///< where its elements begin, and how many there are to look at: none outside

  ELBOW_DEVICE explicit ChannelBlock(const RowView& view)
      : channel(int64_t(blockIdx.x) * C + column),
        count(view.elements.count),
        inside(channel < view.rows.count),
        base(inside ? view.rows[channel] : 0),
        end(inside ? count : 0) {}

  /// The sum of the values of all lanes of a channel; every lane gets it. All threads come here.
  template <class T> ELBOW_DEVICE T sum(T v) const {
    __shared__ T of_warp[32][C];
    const int warp = int(threadIdx.x) / 32, warps = int(blockDim.x) / 32;
    for (int distance = 16; distance >= C; distance /= 2) v += __shfl_xor_sync(0xFFFFFFFFu, v, distance);
    __syncthreads();  // all have read what an earlier call left there
    if (int(threadIdx.x) % 32 < C) of_warp[warp][column] = v;
    __syncthreads();
    T total(0);
    for (int w = 0; w < warps; ++w) total += of_warp[w][column];
    return total;
  }
};

/// In evaluation several blocks, blockIdx.y, share the elements of a channel.
template <class T, int C>
__global__ void __launch_bounds__(1024) run_batch_norm(RowView view, BatchNormForward<T> t) {
  const ChannelBlock<C> block(view);
  const int64_t i = block.channel, count = block.count, base = block.base, end = block.end;
  const bool inside = block.inside;
  const T weight = inside ? T(t.weight[i]) : T(0),
          bias = inside ? T(t.bias[i]) : T(0);  // before any thread waits
  T m(0), variance(0);
  if (t.training) {  // the deviations are taken from the mean, so nothing cancels
    T sum(0), squares(0);
    for (int64_t k = block.lane; k < end; k += block.lanes) sum += t.x[base + view.elements[k]];
    m = block.sum(sum) / T(count);
    for (int64_t k = block.lane; k < end; k += block.lanes) {
      const T d = t.x[base + view.elements[k]] - m;
      squares += d * d;
    }
    variance = block.sum(squares) / T(count);
  } else if (inside) {
    m = t.running_mean[i];
    variance = t.running_var[i];
  }
  if (!inside) return;
  const T scale = T(1) / ops::sqrt(variance + t.epsilon);
  if (block.lane == 0 && blockIdx.y == 0) {
    t.mean[i] = m;
    t.scale[i] = scale;
    if (t.training) {
      const T unbiased = variance * (T(count) / T(count - 1)), old_mean = t.running_mean[i],
              old_var = t.running_var[i];
      t.running_mean[i] = old_mean + t.momentum * (m - old_mean);
      t.running_var[i] = old_var + t.momentum * (unbiased - old_var);
    }
  }
  for (int64_t k = int64_t(blockIdx.y) * block.lanes + block.lane; k < end;
       k += int64_t(gridDim.y) * block.lanes) {
    const int64_t at = base + view.elements[k];
    const T y = (t.x[at] - m) * scale * weight + bias;
    t.y[at] = t.relu && y < T(0) ? T(0) : y;
  }
}

/// With xhat = (x - mean) * scale: dx = weight * scale * (dy - mean(dy) - xhat * mean(dy * xhat)), in evaluation just weight *
/// scale * dy.
template <class T, int C>
__global__ void __launch_bounds__(1024) run_batch_norm_backward(RowView view, BatchNormBackward<T> t) {
  const ChannelBlock<C> block(view);
  const int64_t i = block.channel, count = block.count, base = block.base, end = block.end;
  const bool inside = block.inside;
  const T m = inside ? T(t.mean[i]) : T(0), scale = inside ? T(t.scale[i]) : T(0),
          weight = inside ? T(t.weight[i]) : T(0);
  const auto gradient = [&](int64_t at) { return !t.y || t.y[at] > T(0) ? T(t.dy[at]) : T(0); };
  T sum_dy(0), sum_dy_xhat(0);
  if (t.means && inside) sum_dy = t.means[i], sum_dy_xhat = t.means[view.rows.count + i];
  if (!t.means) {
    for (int64_t k = block.lane; k < end; k += block.lanes) {
      const int64_t at = base + view.elements[k];
      const T dy = gradient(at);
      sum_dy += dy;
      sum_dy_xhat += dy * ((t.x[at] - m) * scale);
    }
    sum_dy = block.sum(sum_dy);
    sum_dy_xhat = block.sum(sum_dy_xhat);
  }
  if (!inside) return;
  if (block.lane == 0) {
    t.dweight.set(i, sum_dy_xhat);
    t.dbias.set(i, sum_dy);
  }
  if (!t.dx.y) return;
  const T factor = weight * scale, share = !t.training ? T(0) : t.means ? T(1) : T(1) / T(count);
  for (int64_t k = block.lane; k < end; k += block.lanes) {
    const int64_t at = base + view.elements[k];
    t.dx.set(at, factor * (gradient(at) - share * (sum_dy + (t.x[at] - m) * scale * sum_dy_xhat)));
  }
}

template <class T, int C>
__global__ void __launch_bounds__(1024)
    run_channel_sums(RowView view, Ptr<const T> x, Ptr<const T> mean, Ptr<T> to) {
  const ChannelBlock<C> block(view);
  const bool squares = bool(mean);
  const T m = squares && block.inside ? T(mean[block.channel]) : T(0);
  T sum(0);
  for (int64_t k = block.lane; k < block.end; k += block.lanes) {
    const T d = x[block.base + view.elements[k]] - m;
    sum += squares ? d * d : d;
  }
  sum = block.sum(sum);
  if (block.inside && block.lane == 0) to[block.channel] = sum;
}

/// Eight channels to a block where they are neighbours, else one; up to 1024 threads.
struct ChannelGrid {
  bool neighbours;
  int64_t blocks, threads;
  explicit ChannelGrid(const RowView& view) : neighbours(!view.adjacent_elements()) {
    const int64_t channels = neighbours ? 8 : 1, most = 1024 / channels;
    blocks = (view.rows.count + channels - 1) / channels;
    threads =
        std::max<int64_t>(32, channels * int64_t(std::bit_ceil(uint64_t(std::min(view.elements.count, most)))));
  }
};

template <class T> void batch_norm(const RowView& channels, const BatchNormForward<T>& tensors) {
  const ChannelGrid grid(channels);
  const int64_t shares = tensors.training ? 1 : std::clamp<int64_t>(channels.elements.count / 1024, 1, 1024);
  launch(grid.neighbours ? run_batch_norm<T, 8> : run_batch_norm<T, 1>, {grid.blocks, shares},
         int(grid.threads), channels, tensors);
}

template <class T> void batch_norm_backward(const RowView& channels, const BatchNormBackward<T>& tensors) {
  const ChannelGrid grid(channels);
  launch(grid.neighbours ? run_batch_norm_backward<T, 8> : run_batch_norm_backward<T, 1>, {grid.blocks},
         int(grid.threads), channels, tensors);
}

template <class T> void channel_sums(const RowView& channels, Ptr<const T> x, Ptr<const T> mean, Ptr<T> to) {
  const ChannelGrid grid(channels);
  launch(grid.neighbours ? run_channel_sums<T, 8> : run_channel_sums<T, 1>, {grid.blocks}, int(grid.threads),
         channels, x, mean, to);
}

#endif

}  // namespace elbow::cuda

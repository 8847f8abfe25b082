#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/backend/cuda/training_work.hpp"

// Adam and gradient descent over the flat buffers, the formulas of nn/optimizer.cpp, in the same order of operations.
namespace elbow::cuda {
namespace {

constexpr int update_threads =
    128;  // small blocks: a small model's parameters fill the card's multiprocessors all the same

template <class T> struct AdamNumbers { T beta1, rest1, beta2, rest2, epsilon, decay; };

// p[n], g[n], m[n], v[n]; rates: rate, root, shrink. Four (or two) elements a thread: every range is a multiple of 64 bytes.
template <class T>
__global__ void run_adam(int64_t n, Ptr<T> p, Ptr<const T> g, Ptr<T> m, Ptr<T> v, Ptr<const double> rates,
                         AdamNumbers<T> a) {
  constexpr int P = int(16 / sizeof(T));
  const int64_t i = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * P;
  if (i >= n) return;
  const T rate = T(rates[0]), root = T(rates[1]), shrink = T(rates[2]);
  Pack<T, P> value = p.template load<P>(i), mean = m.template load<P>(i), square = v.template load<P>(i);
  const Pack<T, P> given = g.template load<P>(i);
  for (int k = 0; k < P; ++k) {
    const T gradient = given.v[k] + a.decay * value.v[k];
    mean.v[k] = a.beta1 * mean.v[k] + a.rest1 * gradient;
    square.v[k] = a.beta2 * square.v[k] + a.rest2 * gradient * gradient;
    value.v[k] = shrink * value.v[k] - rate * mean.v[k] / (ops::sqrt(square.v[k]) * root + a.epsilon);
  }
  m.template store<P>(i, mean);
  v.template store<P>(i, square);
  p.template store<P>(i, value);
}

// p[n], g[n], velocity[n]; rates: the learning rate.
template <class T>
__global__ void run_sgd(int64_t n, Ptr<T> p, Ptr<const T> g, Ptr<T> velocity, Ptr<const double> rates,
                        T momentum, T decay, bool nesterov) {
  constexpr int P = int(16 / sizeof(T));
  const int64_t i = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * P;
  if (i >= n) return;
  const T rate = T(rates[0]);
  Pack<T, P> value = p.template load<P>(i), v = velocity.template load<P>(i);
  const Pack<T, P> given = g.template load<P>(i);
  for (int k = 0; k < P; ++k) {
    const T gradient = given.v[k] + decay * value.v[k];
    v.v[k] = momentum * v.v[k] + gradient;
    value.v[k] -= rate * (nesterov ? gradient + momentum * v.v[k] : v.v[k]);
  }
  velocity.template store<P>(i, v);
  p.template store<P>(i, value);
}

template <class T> Grid update_grid(const UpdateRange& r) {
  const int64_t of_a_block = update_threads * int64_t(16 / sizeof(T));
  return {(r.last - r.first + of_a_block - 1) / of_a_block};
}

template <class T> void adam_ranges(const AdamWork& w) {
  Tensor values = w.values, mean = w.mean, square = w.square;
  for (const UpdateRange& r : w.ranges) {
    const AdamNumbers<T> numbers{T(w.beta1),     T(1 - w.beta1), T(w.beta2),
                                 T(1 - w.beta2), T(w.epsilon),   T(w.decoupled ? 0 : r.weight_decay)};
    launch(run_adam<T>, update_grid<T>(r), update_threads, r.last - r.first, out<T>(values) + r.first,
           in<T>(w.gradients) + r.first, out<T>(mean) + r.first, out<T>(square) + r.first,
           in<double>(w.rates) + r.rate, numbers);
  }
}

template <class T> void sgd_ranges(const SgdWork& w) {
  Tensor values = w.values, velocity = w.velocity;
  for (const UpdateRange& r : w.ranges)
    launch(run_sgd<T>, update_grid<T>(r), update_threads, r.last - r.first, out<T>(values) + r.first,
           in<T>(w.gradients) + r.first, out<T>(velocity) + r.first, in<double>(w.rates) + r.rate,
           T(w.momentum), T(r.weight_decay), w.nesterov);
}

constexpr int clip_blocks = 128;  // fixed, as the order of the additions is

// sums[b] = the sum of squares that block b takes.
template <class T> void square_sums(const Tensor& gradients, Tensor& sums) {
  const auto g = in<T>(gradients);
  const auto s = out<double>(sums);
  const int64_t n = gradients.numel();
  for_rows(clip_blocks, 1 << 20, [=] ELBOW_DEVICE(const Block& block, int64_t b) {
    double sum = 0;
    for (int64_t i = b * block.threads + block.thread; i < n; i += int64_t(clip_blocks) * block.threads)
      sum += double(g[i]) * double(g[i]);
    sum = block.sum(sum);
    if (block.thread == 0) s[b] = sum;
  });
}
template <class T> void scale_to(Tensor& gradients, const Tensor& sums, double limit, Tensor& norm) {
  const auto g = out<T>(gradients);
  const auto s = in<double>(sums);
  const auto length = out<double>(norm);
  const int64_t n = gradients.numel();
  for_rows(clip_blocks, 1 << 20, [=] ELBOW_DEVICE(const Block& block, int64_t b) {
    double sum = 0;
    for (int k = block.thread; k < clip_blocks; k += block.threads) sum += s[k];
    const double before = ops::sqrt(block.sum(sum));
    if (b == 0 && block.thread == 0) length[0] = before;
    if (!(before > limit)) return;
    const T scale = T(limit / before);
    for (int64_t i = b * block.threads + block.thread; i < n; i += int64_t(clip_blocks) * block.threads)
      g[i] = T(g[i]) * scale;
  });
}

}  // namespace

void adam(const AdamWork& work) {
  dispatch(work.values.dtype(), [&]<class T>() { adam_ranges<T>(work); });
}
void sgd(const SgdWork& work) {
  dispatch(work.values.dtype(), [&]<class T>() { sgd_ranges<T>(work); });
}
void clip(Tensor& gradients, double limit, Tensor& norm) {
  Tensor sums = Tensor::empty({clip_blocks}, DType::float64, gradients.device());
  dispatch(gradients.dtype(), [&]<class T>() {
    square_sums<T>(gradients, sums);
    scale_to<T>(gradients, sums, limit, norm);
  });
}

}  // namespace elbow::cuda

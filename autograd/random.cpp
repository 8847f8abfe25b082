#include "autograd/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/backend/backend.hpp"
#include "autograd/kernels/box_muller.hpp"
#include "autograd/kernels/philox.hpp"
#include "autograd/kernels/xsimd.hpp"
#include "autograd/profile.hpp"
#include "base/blocks.hpp"
#include "base/parallel.hpp"

// Numbers are made 64 at a time, a group of philox::words, by one function per distribution that is never inlined: the
// last numbers of a sequence take the same instructions as all others, with what is too many thrown away, so
// that no bit depends on n, on the address or on the number of threads.

namespace elbow {
namespace {

using philox::lanes;
constexpr int64_t group = philox::words_per_group;
constexpr int64_t longest = int64_t{1} << 34;  // a counter has 32 bits for its place in the sequence
constexpr int64_t chunk = 1 << 14;             // what one thread does at a time

struct Bits {
  [[gnu::noinline]] void operator()(const RandomKey& key, int64_t g, uint32_t* out) const {
    philox::words(key, uint32_t(g), out);
  }
};

template <class T> struct Uniform {
  T low, width;
  T top;  // the largest number below the upper end, to which low + u * width may be rounded up

  [[gnu::noinline]] void operator()(const RandomKey& key, int64_t g, T* out) const {
    alignas(64) uint32_t w[group];
    philox::words(key, uint32_t(g), w);
    for (int i = 0; i < group; ++i) out[i] = std::min(low + T(int32_t(w[i] >> 8)) * T(0x1p-24) * width, top);
  }
};

template <class T> struct Bernoulli {
  uint32_t threshold;  // p * 2^31

  [[gnu::noinline]] void operator()(const RandomKey& key, int64_t g, T* out) const {
    alignas(64) uint32_t w[group];
    philox::words(key, uint32_t(g), w);
    for (int i = 0; i < group; ++i) out[i] = w[i] >> 1 < threshold ? T(1) : T(0);
  }
};

// Two words give a radius, of up to 6.66 standard deviations, and an angle, and these two normal numbers.
template <class T> struct Normal {
  T mean, stddev;

  [[gnu::noinline]] void operator()(const RandomKey& key, int64_t g, T* out) const {
    using Vec = xsimd::batch<T>;
    static_assert(lanes % Vec::size == 0);
    alignas(64) uint32_t w[group];
    alignas(64) T square[lanes], cosine[lanes], sine[lanes];  // of the radius, and of the angle
    philox::words(key, uint32_t(g), w);
    for (int pair = 0; pair < 2; ++pair, out += 2 * lanes) {
      const uint32_t *w0 = w + pair * 2 * lanes, *w1 = w0 + lanes;
      for (int i = 0; i < lanes; ++i) {
        square[i] = ops::minus_twice_log<T>(w0[i]);
        ops::cosine_and_sine<T>(w1[i], cosine[i], sine[i]);
      }
      for (int i = 0; i < lanes; i += int(Vec::size)) {
        const Vec radius = Vec(stddev) * xsimd::sqrt(Vec::load_aligned(square + i));
        (Vec(mean) + radius * Vec::load_aligned(cosine + i)).store_unaligned(out + i);
        (Vec(mean) + radius * Vec::load_aligned(sine + i)).store_unaligned(out + lanes + i);
      }
    }
  }
};

// Numbers first .. last-1 of a sequence.
template <class T, class Distribution>
void fill_part(const RandomKey& key, T* out, int64_t first, int64_t last, const Distribution& distribution) {
  for (int64_t i = first; i < last;) {
    const int64_t skipped = i % group, taken = std::min(group - skipped, last - i);
    if (taken == group) {
      distribution(key, i / group, out);
    } else {
      alignas(64) T whole[group];
      distribution(key, i / group, whole);
      std::copy_n(whole + skipped, taken, out);
    }
    out += taken, i += taken;
  }
}

template <class T, class Distribution>
void fill(const RandomKey& key, T* out, int64_t n, const Distribution& distribution) {
  if (key.run > 0 && n > key.run) {
    RandomKey piece = key;
    piece.run = 0;
    for (int64_t i = 0; i < n; i += key.run, piece.first += key.stride)
      fill(piece, out + i, std::min(key.run, n - i), distribution);
    return;
  }
  const Timed timed("random numbers", Work::beside);
  if (n < 0 || n > longest - key.first) fail("random", "a sequence has 0 to 2^34 numbers, not ", n);
  // A number is cheaper than what parallel_for takes an element to be.
  parallel_for((n + chunk - 1) / chunk, n / 4, [&](int64_t i) {
    fill_part(key, out + i * chunk, key.first + i * chunk, key.first + std::min(n, (i + 1) * chunk),
              distribution);
  });
}

}  // namespace

RandomKey of_block(RandomKey key, int64_t width) {
  const Block* block = Block::current();
  if (!block) return key;
  key.first += block->first * width;
  key.run = block->rows * width;
  key.stride = block->batch_rows * width;
  return key;
}

template <class T> void fill_uniform(const RandomKey& key, T* out, int64_t n, T lo, T hi) {
  if (!(lo <= hi) || !std::isfinite(hi - lo)) fail("uniform", "no numbers lie in [", lo, ", ", hi, ")");
  fill(key, out, n, Uniform<T>{lo, hi - lo, std::nextafter(hi, lo)});
}

template <class T> void fill_normal(const RandomKey& key, T* out, int64_t n, T mean, T stddev) {
  fill(key, out, n, Normal<T>{mean, stddev});
}

template <class T> void fill_bernoulli(const RandomKey& key, T* out, int64_t n, double p) {
  if (!(p >= 0 && p <= 1)) fail("bernoulli", "a probability lies in 0..1, not at ", p);
  fill(key, out, n, Bernoulli<T>{uint32_t(std::lround(p * 0x1p31))});
}

void fill_bits(const RandomKey& key, uint32_t* out, int64_t n) { fill(key, out, n, Bits{}); }

uint32_t RandomBits::operator()() {
  static_assert(at_once == group);
  if (used_ == at_once) {
    philox::words(key_, groups_++, words_);
    used_ = 0;
  }
  return words_[used_++];
}

// Lemire, "Fast random integer generation in an interval", 2019: the high half of word * bound, less the words that would
// favour some numbers.
uint32_t RandomBits::below(uint32_t bound) {
  uint64_t product = uint64_t((*this)()) * bound;
  if (uint32_t(product) < bound)
    for (const uint32_t surplus = -bound % bound; uint32_t(product) < surplus;)
      product = uint64_t((*this)()) * bound;
  return uint32_t(product >> 32);
}

std::vector<int64_t> permutation(const RandomKey& key, int64_t n) {
  if (n < 0 || n > std::numeric_limits<uint32_t>::max())
    fail("permutation", "of 0 to 2^32 - 1 numbers, not ", n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  RandomBits words(key);
  for (int64_t left = n; left > 1; --left) std::swap(order[left - 1], order[words.below(uint32_t(left))]);
  return order;
}

Tensor uniform(const RandomKey& key, const Shape& shape, double lo, double hi, DType dtype, Device device) {
  Tensor t = Tensor::empty(shape, dtype, device);
  if (device != Device::cpu)
    backend(device).draw_uniform(key, t, lo, hi);
  else
    dispatch(dtype, [&]<class T>() { fill_uniform<T>(key, t.data<T>(), t.numel(), T(lo), T(hi)); });
  return t;
}

Tensor normal(const RandomKey& key, const Shape& shape, double mean, double stddev, DType dtype,
              Device device) {
  Tensor t = Tensor::empty(shape, dtype, device);
  if (device != Device::cpu)
    backend(device).draw_normal(key, t, mean, stddev);
  else
    dispatch(dtype, [&]<class T>() { fill_normal<T>(key, t.data<T>(), t.numel(), T(mean), T(stddev)); });
  return t;
}

Tensor bernoulli(const RandomKey& key, const Shape& shape, double p, DType dtype, Device device) {
  Tensor t = Tensor::empty(shape, dtype, device);
  if (device != Device::cpu)
    backend(device).draw_bernoulli(key, t, p);
  else
    dispatch(dtype, [&]<class T>() { fill_bernoulli<T>(key, t.data<T>(), t.numel(), p); });
  return t;
}

template void fill_uniform<float>(const RandomKey&, float*, int64_t, float, float);
template void fill_uniform<double>(const RandomKey&, double*, int64_t, double, double);
template void fill_normal<float>(const RandomKey&, float*, int64_t, float, float);
template void fill_normal<double>(const RandomKey&, double*, int64_t, double, double);
template void fill_bernoulli<float>(const RandomKey&, float*, int64_t, double);
template void fill_bernoulli<double>(const RandomKey&, double*, int64_t, double);

}  // namespace elbow

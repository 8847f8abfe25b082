#pragma once
// Random numbers in kernels: the sequences of autograd/random.hpp, made where they are used instead of being kept in memory.
#include <algorithm>

#include "autograd/backend/cuda/kernels.hpp"
#include "autograd/kernels/box_muller.hpp"
#include "autograd/random.hpp"

namespace elbow::cuda {

/// The distributions of random.hpp. Each makes four numbers of four random words.
template <class T> struct UniformDistribution {
  T low, width;
  T top;  ///< the largest number below the upper end, to which low + u * width may be rounded up
  ELBOW_FN void operator()(const uint32_t (&w)[4], T (&out)[4]) const {
    for (int j = 0; j < 4; ++j) {
      const T number = low + T(int32_t(w[j] >> 8)) * T(0x1p-24) * width;
      out[j] = number < top ? number : top;
    }
  }
};

template <class T> struct BernoulliDistribution {
  uint32_t threshold;  ///< p * 2^31
  ELBOW_FN void operator()(const uint32_t (&w)[4], T (&out)[4]) const {
    for (int j = 0; j < 4; ++j) out[j] = w[j] >> 1 < threshold ? T(1) : T(0);
  }
};

/// Box and Muller (1958): two words give a radius and an angle, and these two normal numbers.
template <class T> struct NormalDistribution {
  T mean, stddev;
  ELBOW_FN void operator()(const uint32_t (&w)[4], T (&out)[4]) const {
    for (int j = 0; j < 4; j += 2) {
      T cosine, sine;
      ops::cosine_and_sine<T>(w[j + 1], cosine, sine);
      const T radius = stddev * ops::sqrt(ops::minus_twice_log<T>(w[j]));
      out[j] = mean + radius * cosine;
      out[j + 1] = mean + radius * sine;
    }
  }
};

/// f(i, number) for each i < n, with number i of the sequence that `key` names, by that distribution.
template <class T, class Distribution, class F>
void for_each_number(const RandomKey& key, const Distribution& distribution, int64_t n, const F& f);

#if ELBOW_DEVICE_SOURCE

/// A RandomKey as a kernel takes it.
struct KernelKey {
  uint64_t seed, step;
  uint32_t stream;
  int64_t first;              ///< the first number that is drawn
  Ptr<const uint64_t> state;  ///< [2] the seed and a count to be added to the step; null: there is none

  explicit KernelKey(const RandomKey& key)
      : seed(key.seed), step(key.step), stream(key.stream), first(key.first) {
    if (key.state) state = words<const uint64_t>(*key.state);
  }
};

/// Philox4x32-10 (autograd/kernels/philox.hpp): four words from the counter {place, low and high half of step, stream}.
ELBOW_DEVICE inline void philox_words(uint64_t seed, uint32_t place, uint64_t step, uint32_t stream,
                                      uint32_t (&w)[4]) {
  uint32_t k0 = uint32_t(seed), k1 = uint32_t(seed >> 32);
  w[0] = place, w[1] = uint32_t(step), w[2] = uint32_t(step >> 32), w[3] = stream;
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t(0xD2511F53) * w[0], p1 = uint64_t(0xCD9E8D57) * w[2];
    w[0] = uint32_t(p1 >> 32) ^ w[1] ^ k0;
    w[1] = uint32_t(p1);
    w[2] = uint32_t(p0 >> 32) ^ w[3] ^ k1;
    w[3] = uint32_t(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
}

/// The same for a key.
ELBOW_DEVICE inline void philox_words(const KernelKey& key, uint32_t place, uint32_t (&w)[4]) {
  if (key.state)
    philox_words(key.state[0], place, key.step + key.state[1], key.stream, w);
  else
    philox_words(key.seed, place, key.step, key.stream, w);
}

/// Each thread takes a place of the sequence, whose words are numbers l, l + 16, l + 32 and l + 48 of a group of 64. The first that is
/// drawn is number `at` of f's.
template <class T, class Distribution, class F>
__global__ void run_numbers(KernelKey key, Distribution distribution, int64_t at, int64_t n, F f) {
  const int64_t place = key.first / 64 * 16 + int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  const int64_t first = place / 16 * 64 + place % 16 - key.first;  // of its numbers; below 0: not drawn
  if (first >= n) return;
  uint32_t w[4];
  T number[4];
  philox_words(key, uint32_t(place), w);
  distribution(w, number);
  for (int j = 0; j < 4; ++j)
    if (const int64_t i = first + 16 * j; i >= 0 && i < n) f(at + i, number[j]);
}

template <class T, class Distribution, class F>
void for_each_number(const RandomKey& key, const Distribution& distribution, int64_t n, const F& f) {
  if (n > (int64_t{1} << 34) - key.first) fail("random", "a sequence has 0 to 2^34 numbers, not ", n);
  const int64_t run = key.run > 0 ? key.run : std::max<int64_t>(1, n);
  RandomKey piece = key;
  for (int64_t at = 0; at < n; at += run, piece.first += key.stride) {
    const int64_t numbers = std::min(run, n - at),
                  places = ((piece.first + numbers + 63) / 64 - piece.first / 64) * 16;
    launch(run_numbers<T, Distribution, F>, {(places + threads_of_a_block - 1) / threads_of_a_block},
           threads_of_a_block, KernelKey(piece), distribution, at, numbers, f);
  }
}

#endif

}  // namespace elbow::cuda

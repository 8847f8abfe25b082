#pragma once
#include <cstdint>
#include <vector>

#include "autograd/tensor.hpp"

namespace elbow {

/// Names one sequence of random numbers. The generator is counter-based (Philox4x32-10, Salmon et al. 2011):
/// number i of a sequence is a function of the key and i alone, so it is the same for any number of threads and
/// after a resume, and on every device (normal numbers to the rounding of its multiply-adds and roots). The seed is
/// Philox's key; its counter holds the place in the sequence (32 bits, four numbers each, so that a sequence
/// ends after 2^34), the step (64 bits) and the stream (32 bits).
struct RandomKey {
  uint64_t seed = 0;
  uint32_t stream = 0;  ///< what the numbers are for (initialisation, masks, noise, ...)
  uint64_t step = 0;    ///< which draw of that stream: all 2^64 are distinct
  /// On a device, in a graph that is recorded once and launched again: a tensor [2] of float64 there, whose bytes are two
  /// 64-bit numbers, the seed and a count that is added to the step when the numbers are drawn. It must outlive the key.
  const Tensor* state = nullptr;
  /// The first number of the sequence that is drawn: who draws for some rows of a batch takes what is theirs.
  int64_t first = 0;
  /// After each `run` numbers it goes on `stride` numbers behind the first of them; 0: with the next one.
  int64_t run = 0, stride = 0;
};

/// The numbers of the rows that the calling thread computes, `width` for each row, out of those of the whole batch that `key` names: so
/// a row's are the same wherever the batch is cut (base/blocks.hpp). This holds for several copies of the rows, too, one
/// below the other. Without blocks, the key itself.
RandomKey of_block(RandomKey key, int64_t width);

/// A key whose step counts up: next() names a fresh sequence at each call. Its state is the three numbers of
/// the key.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint32_t stream, uint64_t step = 0) : key_{seed, stream, step} {}
  RandomKey next() {
    const RandomKey key = key_;
    ++key_.step;
    return key;
  }
  /// While there is a state, next() counts from it (RandomKey::state), and state() says how many keys it has given.
  void count_from(const Tensor* state) { key_.state = state; }
  const RandomKey& state() const { return key_; }
  void set_step(uint64_t step) { key_.step = step; }

 private:
  RandomKey key_;
};

/// Fill out[n], T = float or double, from the sequence that `key` names, 0 <= n <= 2^34 - key.first. The double and the
/// float version draw the same underlying bits, so that their numbers agree to float rounding. Large n are
/// shared among the threads.
///
/// fill_uniform: [lo, hi), never hi, in steps of (hi - lo) / 2^24. Error unless lo <= hi.
/// fill_normal: Box-Muller (kernels/box_muller.hpp); the largest number that can come is 6.66 standard deviations.
/// fill_bernoulli: 1 with probability p (to 2^-31), else 0. Error unless 0 <= p <= 1.
/// fill_bits: the raw words.
template <class T> void fill_uniform(const RandomKey& key, T* out, int64_t n, T lo = 0, T hi = 1);
template <class T> void fill_normal(const RandomKey& key, T* out, int64_t n, T mean = 0, T stddev = 1);
template <class T> void fill_bernoulli(const RandomKey& key, T* out, int64_t n, double p);
void fill_bits(const RandomKey& key, uint32_t* out, int64_t n);
/// The numbers 0..n-1 in a random order, every order as likely (Fisher-Yates); 0 <= n < 2^32.
std::vector<int64_t> permutation(const RandomKey& key, int64_t n);

/// The words of fill_bits(key), one after the other: a generator for the distributions of <random>.
class RandomBits {
 public:
  using result_type = uint32_t;
  explicit RandomBits(const RandomKey& key) : key_(key) {}
  static constexpr uint32_t min() { return 0; }
  static constexpr uint32_t max() { return 0xFFFFFFFF; }
  uint32_t operator()();
  /// A number below `bound`, each as likely.
  uint32_t below(uint32_t bound);

 private:
  static constexpr int at_once = 64;
  RandomKey key_;
  uint32_t groups_ = 0;
  int used_ = at_once;
  alignas(64) uint32_t words_[at_once];
};

/// Tensors of random numbers.
Tensor uniform(const RandomKey& key, const Shape& shape, double lo = 0, double hi = 1,
               DType dtype = DType::float32, Device device = Device::cpu);
Tensor normal(const RandomKey& key, const Shape& shape, double mean = 0, double stddev = 1,
              DType dtype = DType::float32, Device device = Device::cpu);
Tensor bernoulli(const RandomKey& key, const Shape& shape, double p, DType dtype = DType::float32,
                 Device device = Device::cpu);

}  // namespace elbow

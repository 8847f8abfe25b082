#pragma once
#include <cstdint>

#include "autograd/random.hpp"

/// The bits under every random number: Philox4x32-10 of Random123 (Salmon, Moraes, Dror, Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011), which turns a counter of four words and a key of two into four
/// random words.
namespace elbow::philox {

/// Counters that are worked on side by side, one in each SIMD lane, and the words that come of them.
inline constexpr int lanes = 16, words_per_group = 4 * lanes;

/// Writes group `group` of the sequence: words 64 group .. 64 group + 63. Lane l holds the counter
/// {16 group + l, low and high half of key.step, key.stream} under the two halves of key.seed, and its word w
/// becomes number 16 w + l of the group: so every word of a lane is stored next to its neighbours'.
///
/// Random123's own function is not used because g++ narrows to 32 bits and widens again between its rounds;
/// kept in 64-bit lanes throughout (the upper halves hold rubbish until they are masked), the rounds run twice
/// as fast with AVX-512. The tests hold the two equal.
inline void words(const RandomKey& key, uint32_t group, uint32_t* __restrict out) {
  constexpr uint64_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57, low_half = 0xFFFFFFFF;
  constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;  // the golden ratio and sqrt(3) - 1
  const uint64_t step_low = uint32_t(key.step), step_high = key.step >> 32, stream = key.stream;
  const uint32_t seed_low = uint32_t(key.seed), seed_high = uint32_t(key.seed >> 32);
  for (int l = 0; l < lanes; ++l) {
    uint64_t c0 = group * uint32_t(lanes) + uint32_t(l), c1 = step_low, c2 = step_high, c3 = stream;
    uint32_t k0 = seed_low, k1 = seed_high;
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round) {
      const uint64_t p0 = multiplier0 * (c0 & low_half), p1 = multiplier1 * (c2 & low_half);
      c0 = (p1 >> 32) ^ c1 ^ k0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ k1;
      c3 = p0;
      k0 += weyl0;
      k1 += weyl1;
    }
    out[l] = uint32_t(c0);
    out[l + lanes] = uint32_t(c1);
    out[l + 2 * lanes] = uint32_t(c2);
    out[l + 3 * lanes] = uint32_t(c3);
  }
}

}  // namespace elbow::philox

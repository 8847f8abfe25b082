#pragma once
#include <algorithm>
#include <cstdint>

#include "autograd/kernels/xsimd.hpp"
#include "autograd/random.hpp"

/// The bits under every random number: Philox4x32-10 of Random123 (Salmon, Moraes, Dror, Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011), which turns a counter of four words and a key of two into four
/// random words.
namespace elbow::philox {

/// Counters that are worked on side by side, and the words that come of them.
inline constexpr int lanes = 16, words_per_group = 4 * lanes;

namespace detail {
using Vec = xsimd::batch<uint64_t>;

/// The product of the low halves of each lane. There is an instruction for it, which neither xsimd nor the compiler uses: of a product of
/// 64 bits by a constant, g++ makes a dozen shifts and additions.
inline Vec multiply_low_halves(Vec x, Vec y) {
#if defined(__AVX512F__)
  return _mm512_mul_epu32(x, y);
#elif defined(__AVX2__)
  return _mm256_mul_epu32(x, y);
#elif defined(__SSE2__) && !defined(__AVX__)
  return _mm_mul_epu32(x, y);
#else
  const Vec low_half(uint64_t(0xFFFFFFFF));
  return (x & low_half) * (y & low_half);
#endif
}
}  // namespace detail

/// Writes group `group` of the sequence: words 64 group .. 64 group + 63. Lane l holds the counter
/// {16 group + l, low and high half of key.step, key.stream} under the two halves of key.seed, and its word w
/// becomes number 16 w + l of the group: so every word of a lane is stored next to its neighbours'.
///
/// Random123's own function is not used because it works on one counter at a time; the tests hold the two equal. Each word stands in a lane
/// of 64 bits, whose upper half holds rubbish until it is cut off in the end.
inline void words(const RandomKey& key, uint32_t group, uint32_t* __restrict out) {
  using detail::Vec;
  constexpr int W = int(Vec::size),
                at_once = std::min(4, lanes / W);             // vectors: one alone would wait for its products
  constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;  // the golden ratio and sqrt(3) - 1
  const Vec multiplier0(uint64_t(0xD2511F53)), multiplier1(uint64_t(0xCD9E8D57));
  alignas(64) uint64_t first[lanes], done[4][lanes];
  for (int l = 0; l < lanes; ++l) first[l] = group * uint32_t(lanes) + uint32_t(l);
  for (int l = 0; l < lanes; l += at_once * W) {
    Vec c[at_once][4];
    for (int v = 0; v < at_once; ++v) {
      c[v][0] = Vec::load_aligned(first + l + v * W);
      c[v][1] = Vec(uint64_t(uint32_t(key.step)));
      c[v][2] = Vec(key.step >> 32);
      c[v][3] = Vec(uint64_t(key.stream));
    }
    uint32_t k0 = uint32_t(key.seed), k1 = uint32_t(key.seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; ++round, k0 += weyl0, k1 += weyl1)
#pragma GCC unroll 4
      for (Vec(&x)[4] : c) {
        const Vec p0 = detail::multiply_low_halves(multiplier0, x[0]);
        const Vec p1 = detail::multiply_low_halves(multiplier1, x[2]);
        x[0] = (p1 >> 32) ^ x[1] ^ Vec(uint64_t(k0));
        x[1] = p1;
        x[2] = (p0 >> 32) ^ x[3] ^ Vec(uint64_t(k1));
        x[3] = p0;
      }
    for (int v = 0; v < at_once; ++v)
      for (int w = 0; w < 4; ++w) c[v][w].store_aligned(done[w] + l + v * W);
  }
  for (int w = 0; w < 4; ++w)
    for (int l = 0; l < lanes; ++l) out[w * lanes + l] = uint32_t(done[w][l]);
}

}  // namespace elbow::philox

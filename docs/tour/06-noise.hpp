#pragma once
// Random numbers that are a function of a key and a place: Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011).
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

using Words = std::array<uint32_t, 4>;

/// Four words that look random, from a counter and a key. `rounds` is 10, but for those who want to look inside.
inline Words philox(Words counter, std::array<uint32_t, 2> key, int rounds = 10) {
  for (int round = 0; round < rounds; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0], p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {uint32_t(p1 >> 32) ^ counter[1] ^ key[0], uint32_t(p1), uint32_t(p0 >> 32) ^ counter[3] ^ key[1],
               uint32_t(p0)};
    key[0] += 0x9E3779B9;  // the golden ratio and sqrt(3) - 1, as fractions of 2^32
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// Names one sequence of numbers: which run, what they are for, and which draw of that kind.
struct Key {
  uint64_t seed;
  uint32_t stream;
  uint32_t step;
};

/// Word i of the sequence.
inline uint32_t word(const Key& key, uint64_t i) {
  const uint64_t block = i / 4;
  return philox({uint32_t(block), uint32_t(block >> 32), key.step, key.stream},
                {uint32_t(key.seed), uint32_t(key.seed >> 32)})[i % 4];
}

/// Number i, uniform in (0, 1), never 0 or 1.
inline double uniform(const Key& key, uint64_t i) { return (word(key, i) + 0.5) * 0x1p-32; }

/// Number i, standard normal. Box and Muller: two uniform numbers are a radius and an angle, whose coordinates are two normal
/// numbers.
inline double normal(const Key& key, uint64_t i) {
  const uint64_t pair = i / 2 * 2;
  const double radius = std::sqrt(-2 * std::log(uniform(key, pair))),
               angle = 2 * std::numbers::pi * uniform(key, pair + 1);
  return radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

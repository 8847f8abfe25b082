// Random numbers: the bits against Random123 and its published vectors, the numbers against their distributions, and
// that a number depends on its key and place alone. The statistics of the distributions: test_random_distributions.cpp.
#include <Random123/philox.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "autograd/kernels/box_muller.hpp"
#include "autograd/kernels/philox.hpp"
#include "autograd/random.hpp"
#include "base/parallel.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// The four words that philox::words gives to the counter {block, step, stream}.
std::array<uint32_t, 4> words_of(const RandomKey& key, uint32_t block) {
  uint32_t group[philox::words_per_group];
  philox::words(key, block / philox::lanes, group);
  const uint32_t* lane = group + block % philox::lanes;
  return {lane[0], lane[philox::lanes], lane[2 * philox::lanes], lane[3 * philox::lanes]};
}

}  // namespace

BOOST_AUTO_TEST_CASE(known_answers_of_random123) {  // examples/kat_vectors of its distribution, philox4x32 10
  using Words = std::array<uint32_t, 4>;
  BOOST_TEST(words_of({0, 0, 0}, 0) == (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  BOOST_TEST(words_of({~uint64_t{0}, ~uint32_t{0}, ~uint64_t{0}}, ~uint32_t{0}) ==
             (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST(words_of({0x299f31d0a4093822, 0x03707344, 0x13198a2e85a308d3}, 0x243f6a88) ==
             (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(bits_are_those_of_random123) {
  const RandomKey keys[] = {
      {1, 2, 3}, {0xdeadbeef12345678, 0xffffffff, 0x123456789abcdef0}, {0, 7, uint64_t{1} << 32}};
  for (const RandomKey& key : keys) {
    std::vector<uint32_t> bits(1000);
    fill_bits(key, bits.data(), 1000);
    for (uint32_t i = 0; i < 1000; ++i) {
      const uint32_t block = i / 64 * 16 + i % 16, word = i % 64 / 16;
      const r123::Philox4x32::ctr_type counter = {
          {block, uint32_t(key.step), uint32_t(key.step >> 32), key.stream}};
      const r123::Philox4x32::key_type philox_key = {{uint32_t(key.seed), uint32_t(key.seed >> 32)}};
      BOOST_TEST(bits[i] == r123::Philox4x32()(counter, philox_key).v[word]);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_number_depends_on_its_key_and_place_alone) {
  const RandomKey key{11, 5, 3};
  constexpr int64_t most = 200001;  // more than one thread's chunk, and a tail
  const auto check = [&](auto fill, auto zero) {
    using T = decltype(zero);
    std::vector<T> all(most);
    set_num_threads(1);
    fill(all.data(), most);
    for (const int threads : {1, 2, 3})
      for (const int64_t n : {int64_t{0}, int64_t{1}, int64_t{15}, int64_t{16}, int64_t{17}, int64_t{63},
                              int64_t{64}, int64_t{65}, int64_t{1000}, int64_t{65537}, int64_t{131072}, most}) {
        set_num_threads(threads);
        std::vector<T> some(n + 3, T(77));
        fill(some.data() + 1, n);  // at an address that is not aligned
        BOOST_TEST(std::equal(all.begin(), all.begin() + n, some.begin() + 1));
        BOOST_TEST((some[0] == T(77) && some[n + 1] == T(77) && some[n + 2] == T(77)));
      }
  };
  check([&](float* p, int64_t n) { fill_normal(key, p, n); }, 0.0f);
  check([&](double* p, int64_t n) { fill_normal(key, p, n); }, 0.0);
  check([&](float* p, int64_t n) { fill_uniform(key, p, n, -2.0f, 3.0f); }, 0.0f);
  check([&](float* p, int64_t n) { fill_bernoulli(key, p, n, 0.3); }, 0.0f);
  check([&](uint32_t* p, int64_t n) { fill_bits(key, p, n); }, uint32_t{0});
}

BOOST_AUTO_TEST_CASE(float_and_double_draw_the_same_bits) {
  constexpr int64_t n = 1 << 20;
  std::vector<float> f(n);
  std::vector<double> d(n);
  const RandomKey key{3, 1, 4};
  fill_uniform(key, f.data(), n);
  fill_uniform(key, d.data(), n);
  BOOST_TEST(std::equal(f.begin(), f.end(), d.begin()));
  fill_bernoulli(key, f.data(), n, 0.4);
  fill_bernoulli(key, d.data(), n, 0.4);
  BOOST_TEST(std::equal(f.begin(), f.end(), d.begin()));
  fill_normal(key, f.data(), n, 1.0f, 2.0f);
  fill_normal(key, d.data(), n, 1.0, 2.0);
  double worst = 0;  // the radius is at most 6.66 * 2
  for (int64_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(f[i] - d[i]));
  BOOST_TEST(worst < 2e-6);
}

// The series next to the functions of the standard library, at the ends of their ranges, at the seams between quarter turns and powers of
// two, and at a million other words.
BOOST_AUTO_TEST_CASE(series_of_normal_numbers) {
  std::vector<uint32_t> words(1 << 20);
  fill_bits({1, 2, 3}, words.data(), int64_t(words.size()));
  for (uint32_t quarter = 0; quarter < 16; ++quarter)
    for (const uint32_t near : {0u, 1u, 0xFFu, 0x100u, 0xFFFFFFFFu, 0xFFFFFF00u})
      words.push_back((quarter << 28) + near);
  for (int bit = 0; bit < 32; ++bit) words.push_back((uint32_t(1) << bit) - 1);
  const auto check = [&]<class T>(T, double rounding) {
    double worst_log = 0, worst_angle = 0;
    for (const uint32_t word : words) {
      const double u = (float(int32_t(word >> 1)) + 0.5f) * 0x1p-31f;
      const double expected = -2 * std::log(u), found = ops::minus_twice_log<T>(word);
      worst_log = std::max(worst_log, std::abs(found - expected) / (expected > 0 ? expected : 1));
      const double angle = double(int32_t(word) >> 8) * (std::numbers::pi * 0x1p-23);
      T cosine, sine;
      ops::cosine_and_sine<T>(word, cosine, sine);
      worst_angle =
          std::max({worst_angle, std::abs(cosine - std::cos(angle)), std::abs(sine - std::sin(angle))});
    }
    BOOST_TEST(worst_log < 4 * rounding);
    BOOST_TEST(worst_angle < 4 * rounding);  // half of it comes from the rounding of `angle`
  };
  check(float(), 0x1p-24);
  check(double(), 0x1p-53);
}

BOOST_AUTO_TEST_CASE(streams_name_fresh_sequences) {
  RandomStream stream(9, 4);
  float a[100], b[100];
  fill_normal(stream.next(), a, 100);
  fill_normal(stream.next(), b, 100);
  BOOST_TEST(!std::equal(a, a + 100, b));
  stream.set_step(0);
  fill_normal(stream.next(), b, 100);
  BOOST_TEST(std::equal(a, a + 100, b));
  BOOST_TEST(stream.state().step == 1u);
}

BOOST_AUTO_TEST_CASE(uniform_stays_below_its_upper_end) {
  std::vector<float> v(1 << 20);
  const float next = std::nextafter(1.0f, 2.0f);
  fill_uniform({1, 1, 1}, v.data(), int64_t(v.size()), 1.0f,
               next);  // rounding would give `next` half of the time
  BOOST_TEST(*std::max_element(v.begin(), v.end()) == 1.0f);
  fill_uniform({1, 1, 1}, v.data(), int64_t(v.size()));
  BOOST_TEST(*std::max_element(v.begin(), v.end()) < 1.0f);
  BOOST_TEST(*std::min_element(v.begin(), v.end()) >= 0.0f);
}

BOOST_AUTO_TEST_CASE(sure_things) {
  std::vector<float> v(1000);
  fill_bernoulli({1, 1, 1}, v.data(), 1000, 0.0);
  BOOST_TEST(std::accumulate(v.begin(), v.end(), 0.0) == 0);
  fill_bernoulli({1, 1, 1}, v.data(), 1000, 1.0);
  BOOST_TEST(std::accumulate(v.begin(), v.end(), 0.0) == 1000);
}

BOOST_AUTO_TEST_CASE(tensors_of_random_numbers) {
  const RandomKey key{5, 6, 7};
  std::vector<double> expected(12);
  fill_normal(key, expected.data(), 12, 2.0, 0.5);
  const Tensor t = normal(key, {3, 4}, 2, 0.5, DType::float64);
  BOOST_TEST((t.shape() == Shape{3, 4}));
  BOOST_TEST(t.to_vector() == expected);
  BOOST_TEST((uniform(key, {2, 3}).dtype() == DType::float32));
  BOOST_TEST(bernoulli(key, {0, 3}, 0.5).numel() == 0);
}

BOOST_AUTO_TEST_CASE(refusals) {
  float x;
  BOOST_TEST(error_of([&] { fill_bernoulli({}, &x, 1, 1.5); }) ==
             "[bernoulli] a probability lies in 0..1, not at 1.5");
  BOOST_TEST(contains(error_of([&] { fill_bernoulli({}, &x, 1, std::nan("")); }), "[bernoulli]"));
  BOOST_TEST(
      contains(error_of([&] { fill_uniform({}, &x, 1, 1.0f, 0.0f); }), "[uniform] no numbers lie in [1, 0)"));
  BOOST_TEST(contains(error_of([&] { fill_normal({}, &x, -1); }), "not -1"));
  BOOST_TEST(contains(error_of([] { permutation({}, -1); }), "[permutation]"));
}

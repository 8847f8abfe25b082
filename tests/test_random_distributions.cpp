// The statistics of the random numbers: moments, goodness of fit, tails, independence of neighbours. Every
// bound is stated in standard errors; the keys are fixed, so these tests cannot fail by chance.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "autograd/random.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t million = 1 << 20;

std::vector<float> normals(const RandomKey& key, int64_t n = million) {
  std::vector<float> v(n);
  fill_normal(key, v.data(), n);
  return v;
}

std::vector<float> uniforms(const RandomKey& key, int64_t n = million) {
  std::vector<float> v(n);
  fill_uniform(key, v.data(), n);
  return v;
}

// Pearson's chi-square for cells that are equally likely, in standard errors from its mean: k - 1 +- sqrt(2 (k
// - 1)).
double chi_square(const std::vector<int64_t>& counts) {
  const double total = double(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  const double expected = total / double(counts.size()), freedom = double(counts.size()) - 1;
  double sum = 0;
  for (const int64_t count : counts) sum += (double(count) - expected) * (double(count) - expected) / expected;
  return (sum - freedom) / std::sqrt(2 * freedom);
}

// Chi-square of numbers in [0, 1) over k cells.
template <class Numbers, class Cdf> double chi_square(const Numbers& numbers, int64_t k, Cdf cdf) {
  std::vector<int64_t> counts(k);
  for (const auto v : numbers) ++counts[std::min(k - 1, int64_t(cdf(v) * double(k)))];
  return chi_square(counts);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// Correlation of two rows of numbers with mean 0, in standard errors (1 / sqrt n).
double correlation(const float* a, const float* b, int64_t n) {
  double ab = 0, aa = 0, bb = 0;
  for (int64_t i = 0; i < n; ++i) {
    ab += double(a[i]) * b[i];
    aa += double(a[i]) * a[i];
    bb += double(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb) * std::sqrt(double(n));
}

}  // namespace

BOOST_AUTO_TEST_CASE(moments_of_the_uniform_law) {
  const auto u = uniforms({1, 2, 3});
  BOOST_TEST(std::abs(deviation(million, 1.0 / 2, [&](int64_t i) { return u[i]; })) < 4);
  BOOST_TEST(std::abs(deviation(million, 1.0 / 12, [&](int64_t i) { return (u[i] - 0.5) * (u[i] - 0.5); })) <
             4);
}

BOOST_AUTO_TEST_CASE(moments_of_the_normal_law) {
  const auto z = normals({1, 2, 3});
  const double expected[] = {0, 1, 0, 3, 0, 15};
  for (int k = 1; k <= 6; ++k)
    BOOST_TEST(std::abs(deviation(million, expected[k - 1], [&](int64_t i) { return std::pow(z[i], k); })) < 4);
}

BOOST_AUTO_TEST_CASE(frequency_of_bernoulli) {
  std::vector<float> v(million);
  for (const double p : {0.001, 0.25, 0.5, 0.9}) {
    fill_bernoulli({1, 2, 3}, v.data(), million, p);
    BOOST_TEST(std::abs(deviation(million, p, [&](int64_t i) { return v[i]; })) < 4);
  }
}

BOOST_AUTO_TEST_CASE(goodness_of_fit) {
  BOOST_TEST(std::abs(chi_square(uniforms({4, 5, 6}), 1024, [](double u) { return u; })) < 4);
  BOOST_TEST(std::abs(chi_square(normals({4, 5, 6}), 1024, normal_cdf)) < 4);
  auto z = normals({7, 8, 9});
  std::sort(z.begin(), z.end());
  double distance = 0;  // Kolmogorov and Smirnov's: above 1.95 / sqrt n once in a thousand
  for (int64_t i = 0; i < million; ++i)
    distance = std::max(distance, std::abs(normal_cdf(z[i]) - (double(i) + 0.5) / million));
  BOOST_TEST(distance * std::sqrt(double(million)) < 1.95);
}

BOOST_AUTO_TEST_CASE(tails_of_the_normal_law) {
  constexpr int64_t n = 16 * million;
  const auto z = normals({1, 1, 1}, n);
  for (const double far : {3.0, 4.0, 5.0}) {  // 5: ten expected
    const double expected = double(n) * 2 * normal_cdf(-far);
    const auto count = std::count_if(z.begin(), z.end(), [&](float v) { return std::abs(v) > far; });
    BOOST_TEST(std::abs(double(count) - expected) < 4 * std::sqrt(expected));
  }
  BOOST_TEST(std::all_of(z.begin(), z.end(), [](float v) { return std::abs(v) < 6.67f; }));
}

BOOST_AUTO_TEST_CASE(neighbours_are_independent) {
  const auto z = normals({1, 2, 3});
  for (const RandomKey& other :
       {RandomKey{1, 2, 4}, RandomKey{1, 3, 3}, RandomKey{2, 2, 3}, RandomKey{1, 2, 3 + (uint64_t{1} << 32)}})
    BOOST_TEST(std::abs(correlation(z.data(), normals(other).data(), million)) < 4);
  auto square = z;
  for (float& v : square)
    v = v * v - 1;  // the two numbers of a pair share their radius: only its distribution parts them
  for (const int64_t lag : {1, 2, 4, 16, 32, 48, 64}) {
    BOOST_TEST(std::abs(correlation(z.data(), z.data() + lag, million - lag)) < 4);
    BOOST_TEST(std::abs(correlation(square.data(), square.data() + lag, million - lag)) < 4);
  }
}

BOOST_AUTO_TEST_CASE(
    neighbouring_steps_fill_the_plane) {  // 32 x 32 cells of (first number of step s, of step s + 1)
  std::vector<int64_t> cells(1024);
  float last = 0;
  for (uint64_t step = 0; step <= 100000; ++step) {
    float u;
    fill_uniform({1, 2, step}, &u, 1);
    if (step > 0) ++cells[int64_t(last * 32) * 32 + int64_t(u * 32)];
    last = u;
  }
  BOOST_TEST(std::abs(chi_square(cells)) < 4);
}

BOOST_AUTO_TEST_CASE(every_permutation_is_as_likely) {
  std::map<std::vector<int64_t>, int64_t> seen;
  for (uint64_t step = 0; step < 24000; ++step) ++seen[permutation({1, 2, step}, 4)];
  BOOST_TEST(seen.size() == 24u);
  std::vector<int64_t> counts;
  for (const auto& entry : seen) counts.push_back(entry.second);
  BOOST_TEST(std::abs(chi_square(counts)) < 4);

  for (const int64_t n : {0, 1, 2, 1000}) {
    auto order = permutation({1, 2, 3}, n);
    BOOST_TEST((n < 3 || !std::is_sorted(order.begin(), order.end())));
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < n; ++i) BOOST_TEST(order[i] == i);
  }

  std::vector<int64_t> cells(100);  // place and value among ten
  for (uint64_t step = 0; step < 10000; ++step) {
    const auto order = permutation({3, 2, step}, 10);
    for (int64_t i = 0; i < 10; ++i) ++cells[i * 10 + order[i]];
  }
  BOOST_TEST(std::abs(chi_square(cells)) < 4);
}

// Masks and conditions: what is given, how often, and that nothing withheld shows.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "data/mask.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t rows = 50000;

std::vector<float> mask_of(const RandomKey& key, const MaskRule& rule, int64_t n, int64_t columns) {
  Tensor mask = Tensor::full({n, columns}, 7);
  draw_mask(key, rule, mask);
  return mask.to_vector<float>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(frequencies_per_entry_and_per_count) {  // each within four standard errors
  constexpr int64_t d = 4;
  for (const double p : {0.5, 0.2}) {
    const auto m = mask_of({1, 2, 3}, {p}, rows, d);
    BOOST_TEST(std::all_of(m.begin(), m.end(), [](float v) { return v == 0 || v == 1; }));
    for (int64_t c = 0; c < d; ++c)
      BOOST_TEST(std::abs(deviation(rows, p, [&](int64_t r) { return m[r * d + c]; })) < 4);
    for (int64_t a = 0; a < d; ++a)
      for (int64_t b = 0; b < a; ++b)
        BOOST_TEST(std::abs(deviation(rows, p * p, [&](int64_t r) { return m[r * d + a] * m[r * d + b]; })) <
                   4);
    const double binomial[] = {1, 4, 6, 4, 1};
    for (int64_t k = 0; k <= d; ++k)
      BOOST_TEST(
          std::abs(deviation(rows, binomial[k] * std::pow(p, k) * std::pow(1 - p, d - k), [&](int64_t r) {
            return std::count(m.begin() + r * d, m.begin() + (r + 1) * d, 1.0f) == k ? 1.0 : 0.0;
          })) < 4);
  }
}

BOOST_AUTO_TEST_CASE(
    under_the_uniform_rule_every_count_is_equally_likely) {  // each within four standard errors
  constexpr int64_t d = 4;
  MaskRule rule;
  rule.uniform = true;
  for (const std::vector<int32_t>& groups : {std::vector<int32_t>{}, {0, 1, 2, 3, 3}}) {
    rule.groups = groups;
    const int64_t columns = groups.empty() ? d : d + 1;
    const auto m = mask_of({1, 2, 4}, rule, rows, columns);
    BOOST_TEST(std::all_of(m.begin(), m.end(), [](float v) { return v == 0 || v == 1; }));
    const auto count = [&](int64_t r) { return std::count(&m[r * columns], &m[r * columns] + d, 1.0f); };
    for (int64_t k = 0; k <= d; ++k)
      BOOST_TEST(std::abs(deviation(rows, 1.0 / (d + 1), [&](int64_t r) { return count(r) == k; })) < 4);
    for (int64_t c = 0; c < d; ++c)  // no column is special
      BOOST_TEST(std::abs(deviation(rows, 0.5, [&](int64_t r) { return m[r * columns + c]; })) < 4);
    if (!groups.empty())
      for (int64_t r = 0; r < rows; ++r) BOOST_REQUIRE(m[r * columns + 3] == m[r * columns + 4]);
  }
}

BOOST_AUTO_TEST_CASE(masks_change_from_step_to_step) {
  const auto a = mask_of({1, 2, 3}, {}, 64, 2), b = mask_of({1, 2, 4}, {}, 64, 2),
             c = mask_of({1, 2, 3}, {}, 64, 2);
  BOOST_TEST(a != b);
  BOOST_TEST(a == c);
}

BOOST_AUTO_TEST_CASE(groups_are_given_as_a_whole) {
  const auto m = mask_of({1, 2, 3}, {0.5, {0, 1, 1, 2, 1}}, rows, 5);
  int64_t patterns[8] = {};
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = &m[r * 5];
    BOOST_REQUIRE((row[1] == row[2] && row[1] == row[4]));
    ++patterns[int(row[0]) + 2 * int(row[1]) + 4 * int(row[3])];
  }
  for (const int64_t count : patterns)  // binomial, n / 8
    BOOST_TEST(std::abs(double(count) - rows / 8.0) < 4 * std::sqrt(rows * 7 / 64.0));
}

BOOST_AUTO_TEST_CASE(conditions_hide_what_is_withheld_or_missing) {
  const float nan = std::nanf("");
  const Tensor x = Tensor::from(std::vector<float>{1, nan, 3, 4, 5, nan}, {2, 3});
  const Tensor observed = Tensor::from(std::vector<float>{1, 0, 1, 1, 1, 0}, {2, 3});
  Tensor mask = Tensor::from(std::vector<float>{1, 1, 0, 0, 1, 1}, {2, 3});
  withhold_missing(observed, mask);
  BOOST_TEST(mask.to_vector<float>() == (std::vector<float>{1, 0, 0, 0, 1, 0}));
  Tensor c = Tensor::full({2, 6}, 9);
  write_condition(x, mask, c);
  BOOST_TEST(c.to_vector<float>() == (std::vector<float>{1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 1, 0}));
}

BOOST_AUTO_TEST_CASE(masks_that_do_not_fit) {
  Tensor mask = Tensor::zeros({4, 3}), other = Tensor::zeros({4, 2}),
         doubles = Tensor::zeros({4, 3}, DType::float64);
  const auto message = [](auto f) { return error_of(f); };
  BOOST_TEST(message([&] {
               draw_mask({}, {0.5, {0, 1}}, mask);
             }) == "[draw_mask] there are 2 groups for 3 columns");
  BOOST_TEST(message([&] {
               draw_mask({}, {0.5, {0, -1, 0}}, mask);
             }) == "[draw_mask] a group has the negative number -1");
  BOOST_TEST(message([&] { draw_mask({}, {}, doubles); }) ==
             "[draw_mask] needs a matrix of float32, not [4,3] of float64");
  BOOST_TEST(contains(message([&] { draw_mask({}, {1.5}, mask); }), "[bernoulli]"));
  BOOST_TEST(message([&] { withhold_missing(other, mask); }) ==
             "[withhold_missing] the shapes [4,2] and [4,3] differ");
  BOOST_TEST(message([&] { write_condition(mask, mask, other); }) ==
             "[write_condition] the condition of rows [4,3] is [4,6], not [4,2]");
}

// Masks of images: the shapes of holes, how often each comes, that channels go together and that a mask depends on its key and row
// alone.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "data/pixel_mask.hpp"
#include "data_helpers.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t rows = 20000, height = 7, width = 5, plane = height * width;

PixelMaskRule rule_of(const std::vector<std::pair<MaskKind, double>>& kinds, int64_t channels = 1) {
  return {{height, width, channels}, kinds};
}

std::vector<float> mask_of(const PixelMaskRule& rule, int64_t n = rows, uint64_t step = 3) {
  Tensor mask = Tensor::full({n, rule.image.channels * rule.image.height * rule.image.width}, 7);
  draw_pixel_mask({1, 2, step}, rule, mask);
  return mask.to_vector<float>();
}

// What the hole of one row is: the smallest box around it, and how many pixels are in the hole.
struct Hole {
  int64_t top = height, left = width, bottom = 0, right = 0, pixels = 0;
  int64_t area() const { return (bottom - top) * (right - left); }
  std::array<int64_t, 4> box() const { return {top, left, bottom, right}; }
};
Hole hole_of(const float* mask) {
  Hole hole;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      if (mask[y * width + x] != 0) continue;
      hole.top = std::min(hole.top, y), hole.bottom = std::max(hole.bottom, y + 1);
      hole.left = std::min(hole.left, x), hole.right = std::max(hole.right, x + 1);
      ++hole.pixels;
    }
  return hole;
}

// The share of rows for which something holds lies within four standard errors of p: sqrt(p (1 - p) / rows), 0.0035 at p = 1/2.
template <class F> bool share_is(double p, F holds) {
  return std::abs(deviation(rows, p, [&](int64_t r) { return holds(r) ? 1.0 : 0.0; })) < 4;
}

}  // namespace

BOOST_AUTO_TEST_CASE(rectangles_keep_to_their_area_and_come_everywhere) {
  for (const auto& [low, high] :
       std::vector<std::pair<double, double>>{{0.1, 0.5}, {0.3, 0.3}, {0, 1}, {1, 1}}) {
    PixelMaskRule rule = rule_of({{MaskKind::rectangle, 1}});
    rule.area = {low, high};
    const auto m = mask_of(rule);
    for (int64_t r = 0; r < rows; ++r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      BOOST_REQUIRE(hole.pixels == hole.area());
      BOOST_REQUIRE(hole.pixels >= std::max<int64_t>(1, int64_t(std::ceil(low * plane - 1e-9))));
      // where no whole number of columns keeps the limit, it is less than one column above the smallest area
      BOOST_REQUIRE(double(hole.pixels) <=
                    std::max(high * plane, low * plane + double(hole.bottom - hole.top)));
    }
  }
  const auto m = mask_of(rule_of({{MaskKind::rectangle, 1}}));
  for (int64_t i = 0; i < plane; ++i) {
    int64_t hidden = 0;
    for (int64_t r = 0; r < rows; ++r) hidden += m[size_t(r * plane + i)] == 0;
    BOOST_TEST((hidden > rows / 20 && hidden < rows * 3 / 5));
  }
  // heights are uniform from 1, the least that can hold a tenth of the image
  for (int64_t h = 1; h <= height; ++h)
    BOOST_TEST(share_is(1.0 / height, [&](int64_t r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      return hole.bottom - hole.top == h;
    }));
}

BOOST_AUTO_TEST_CASE(halves_are_halves_and_each_as_likely) {
  const std::vector<std::pair<MaskKind, std::array<int64_t, 4>>> boxes = {
      {MaskKind::left, {0, 0, height, width / 2}},
      {MaskKind::right, {0, width / 2, height, width}},
      {MaskKind::top, {0, 0, height / 2, width}},
      {MaskKind::bottom, {height / 2, 0, height, width}}};
  const auto any = mask_of(rule_of({{MaskKind::half, 1}}));
  for (const auto& [kind, box] : boxes) {
    const auto m = mask_of(rule_of({{kind, 1}}), 100);
    for (int64_t r = 0; r < 100; ++r) {
      const Hole hole = hole_of(&m[size_t(r * plane)]);
      BOOST_TEST((hole.box() == box && hole.pixels == hole.area()));
    }
    BOOST_TEST(share_is(
        0.25, [&, wanted = box](int64_t r) { return hole_of(&any[size_t(r * plane)]).box() == wanted; }));
  }
}

BOOST_AUTO_TEST_CASE(noise_gives_each_pixel_by_itself) {
  PixelMaskRule rule = rule_of({{MaskKind::noise, 1}});
  for (const double given : {0.2, 0.7}) {
    rule.given = given;
    const auto m = mask_of(rule);
    for (int64_t i = 0; i < plane; i += 3) {
      BOOST_TEST(share_is(given, [&](int64_t r) { return m[size_t(r * plane + i)] == 1; }));
      BOOST_TEST(share_is(given * given, [&](int64_t r) {
        return m[size_t(r * plane + i)] == 1 && m[size_t(r * plane + (i + 1) % plane)] == 1;
      }));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mixture_has_its_weights) {
  PixelMaskRule rule = rule_of({{MaskKind::left, 1}, {MaskKind::noise, 3}, {MaskKind::bottom, 4}});
  rule.given = 1;  // nothing is hidden
  const auto m = mask_of(rule);
  const auto hidden = [&](int64_t r) { return hole_of(&m[size_t(r * plane)]).box(); };
  BOOST_TEST(share_is(1.0 / 8, [&](int64_t r) {
    return hidden(r) == std::array<int64_t, 4>{0, 0, height, width / 2};
  }));
  BOOST_TEST(share_is(3.0 / 8, [&](int64_t r) { return hidden(r) == Hole().box(); }));
  BOOST_TEST(share_is(4.0 / 8, [&](int64_t r) {
    return hidden(r) == std::array<int64_t, 4>{height / 2, 0, height, width};
  }));
}

BOOST_AUTO_TEST_CASE(channels_go_together_and_a_row_depends_on_its_key_and_number_alone) {
  const std::vector<std::pair<MaskKind, double>> all = {
      {MaskKind::rectangle, 1}, {MaskKind::half, 1}, {MaskKind::noise, 1}};
  const auto grey = mask_of(rule_of(all), 300), coloured = mask_of(rule_of(all, 3), 300);
  for (int64_t r = 0; r < 300; ++r)
    for (int64_t i = 0; i < 3 * plane; ++i)
      BOOST_REQUIRE(coloured[size_t(3 * r * plane + i)] == grey[size_t(r * plane + i % plane)]);
  const auto fewer = mask_of(rule_of(all), 7);
  BOOST_TEST(std::equal(fewer.begin(), fewer.end(), grey.begin()));
  BOOST_TEST((mask_of(rule_of(all), 300, 4) != grey));
  for (const int threads : {1, 3}) {
    const ThreadsScope scope(threads);
    BOOST_TEST((mask_of(rule_of(all), 300) == grey));
  }
  Tensor wrong = Tensor::zeros({4, plane + 1});
  BOOST_CHECK_THROW(draw_pixel_mask({}, rule_of(all), wrong), Error);
}

// The rate-distortion function of points and of distributions in pieces: cases with known answers, references from SciPy, and that the
// certified interval contains the truth.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "base/error.hpp"
#include "cvae/optimum.hpp"
#include "cvae/optimum_channel.hpp"
#include "data_helpers.hpp"

using namespace elbow;
namespace tt = boost::test_tools;

namespace {

nlohmann::json golden() {
  return nlohmann::json::parse(std::ifstream(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/curves.json"));
}

/// The truth lies between mean.loss - gap and mean.loss, give or take `slack`, and the interval is no wider than `width`.
void check_interval(const OptimalChannel& c, double truth, double width, double slack = 1e-9) {
  BOOST_TEST_MESSAGE("loss " << c.mean.loss << ", gap " << c.gap << ", truth " << truth << ", "
                             << c.probabilities.size() << " reconstructions");
  BOOST_TEST(c.mean.loss > truth - slack);
  BOOST_TEST(c.mean.loss - c.gap < truth + slack);
  BOOST_TEST(c.gap < width);
  BOOST_TEST(c.mean.loss == c.mean.distortion + c.beta * c.mean.kl, tt::tolerance(1e-9));
}

/// A circle's arcs in `n` pieces.
Pieces circle(double radius, int n) {
  Pieces p;
  p.dimensions = 2;
  const double half = std::numbers::pi / n, inward = std::sin(half) / half;
  for (int i = 0; i < n; ++i) {
    for (const double turn : {0.0, -std::numbers::pi / 2})
      p.means.push_back(radius * inward * std::cos(2 * half * i + turn));
    p.weights.push_back(1.0 / n);
    p.variances.push_back(radius * radius * (1 - inward * inward));
    p.widths.push_back(2 * half * radius);
  }
  return p;
}

}  // namespace

// Points at +-a: the reconstructions are +-b with b = a tanh(2 a b / beta), or 0 where 2 a^2 <= beta.
BOOST_AUTO_TEST_CASE(two_points) {
  const double a = 0.7;
  for (const double beta : {0.01, 0.1, 0.5, 0.9, 0.97, 0.99, 1.5, 10.0}) {
    double b = a;
    for (int i = 0; i < 100000; ++i) b = a * std::tanh(2 * a * b / beta);
    const double k = 2 * a * b / beta;
    const double truth = a * a + b * b - beta * (k + std::log1p(std::exp(-2 * k)) - std::log(2.0));
    check_interval(optimal_channel({1, {a, -a}, {0.5, 0.5}}, beta, 1e-7), truth, 1e-6, 1e-8);
    // Where two points lie in a plane does not matter.
    const OptimalChannel tilted =
        optimal_channel({2, {5 + 0.6 * a, 3 + 0.8 * a, 5 - 0.6 * a, 3 - 0.8 * a}, {0.5, 0.5}}, beta, 1e-6);
    check_interval(tilted, truth, 1e-5, 1e-7);
    if (2 * a * a < 0.8 * beta) BOOST_TEST(tilted.probabilities.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(one_point_and_tiny_and_huge_betas) {
  const OptimalChannel one = optimal_channel({2, {3, -1}, {1}}, 0.3, 1e-6);
  BOOST_TEST(one.mean.loss == 0);
  BOOST_TEST(one.gap == 0);
  // To say which of many points it is costs their entropy; with a huge beta nothing is said, and the variance remains.
  const Pieces points{1, {0, 1, 2, 3}, {0.1, 0.2, 0.3, 0.4}};
  double entropy = 0, mean = 0, square = 0;
  for (int i = 0; i < 4; ++i) {
    const double w = points.weights[size_t(i)];
    entropy -= w * std::log(w), mean += w * i, square += w * i * i;
  }
  const OptimalChannel tiny = optimal_channel(points, 1e-3, 1e-9);
  check_interval(tiny, 1e-3 * entropy, 1e-8, 1e-12);
  BOOST_TEST(tiny.mean.kl == entropy, tt::tolerance(1e-9));
  check_interval(optimal_channel(points, 100, 1e-6), square - mean * mean, 1e-5);
}

// The corners of the first cells are so far from all points, in units of the noise, that the exponentials vanish there.
BOOST_AUTO_TEST_CASE(points_in_a_plane_with_a_tiny_beta) {
  const double beta = 1e-5;
  const Pieces points{2, {0.1, 0.9, 0.83, 0.41, 0.27, 0.13}, {0.2, 0.3, 0.5}};
  const double entropy = -(0.2 * std::log(0.2) + 0.3 * std::log(0.3) + 0.5 * std::log(0.5));
  check_interval(optimal_channel(points, beta, 1e-8), beta * entropy, 1e-7, 1e-12);
}

BOOST_AUTO_TEST_CASE(a_few_points_against_scipy) {
  const auto reference = golden();
  for (const auto& c : reference.at("points"))
    check_interval(optimal_channel({1, c.at("x"), c.at("w")}, c.at("beta"), 1e-7), c.at("loss"), 5e-6, 1e-6);
}

BOOST_AUTO_TEST_CASE(a_circle_against_bessel_functions) {
  const auto reference = golden();
  for (const auto& c : reference.at("circle"))
    for (const int n : {100, 800}) {
      const double radius = c.at("radius"), width = 2 * std::numbers::pi * radius / n;
      check_interval(optimal_channel(circle(radius, n), c.at("beta"), 1e-5), c.at("loss"),
                     2e-5 + width * width / 2);
    }
}

// A Gaussian in pieces of equal width out to 4.5 standard deviations: reverse water-filling. What is cut off is about 1.5e-4 of the
// variance, and the loss changes by no more. The interval is wide: EM takes long to find the tiny probabilities of reconstructions far
// out, which matter for it.
BOOST_AUTO_TEST_CASE(a_gaussian_against_water_filling) {
  constexpr int n = 900;
  constexpr double width = 9.0 / n;
  Pieces p;
  double total = 0;
  for (int i = 0; i < n; ++i) {
    const double x = -4.5 + (i + 0.5) * width;
    p.means.push_back(x), p.weights.push_back(std::exp(-x * x / 2));
    total += p.weights.back();
  }
  for (double& w : p.weights) w /= total;
  p.variances.assign(n, width * width / 12), p.widths.assign(n, width);
  for (const double beta : {0.5, 1.0, 1.9, 2.5})
    check_interval(optimal_channel(p, beta, 1e-4), axis_optimum(1, beta).loss, 1e-2, 2e-4);
}

// Pieces that are far too wide give a wide interval, which still contains the truth.
BOOST_AUTO_TEST_CASE(wide_pieces_widen_the_interval) {
  const auto reference = golden();
  for (const auto& c : reference.at("circle"))
    for (const int n : {6, 12, 25})
      check_interval(optimal_channel(circle(c.at("radius"), n), c.at("beta"), 1e-5), c.at("loss"), 10);
}

BOOST_AUTO_TEST_CASE(rows_average_to_the_mean) {
  const Pieces p{2, {0, 0, 1, 0, 0.3, 1.5, -1, 0.2}, {0.1, 0.4, 0.3, 0.2}};
  const OptimalChannel c = optimal_channel(p, 0.4, 1e-7);
  double loss = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const LossTerms<double> row = c.at(p.mean(i));
    BOOST_TEST(row.loss == row.distortion + 0.4 * row.kl, tt::tolerance(1e-12));
    loss += p.weights[i] * row.loss;
  }
  BOOST_TEST(loss == c.mean.loss, tt::tolerance(1e-12));
  BOOST_TEST(test::contains(test::error_of([&] { optimal_channel(p, 0, 1e-3); }), "beta is 0"));
  BOOST_TEST(test::contains(test::error_of([&] { optimal_channel({1, {0}, {}}, 1, 1e-3); }), "pieces"));
}

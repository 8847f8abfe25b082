// The Frechet distance against SciPy (tests/golden/make_metrics.py), closed forms, its distributions, its jackknife.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "autograd/random.hpp"
#include "base/parallel.hpp"
#include "metrics/frechet.hpp"
#include "optimum_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

using Vector = std::vector<double>;

nlohmann::json golden(const char* part) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/metrics.json");
  BOOST_REQUIRE(file.good());
  return nlohmann::json::parse(file)[part];
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_distance_is_that_of_scipy) {
  int compared = 0;
  for (const auto& c : golden("frechet")) BOOST_TEST_CONTEXT(c["name"]) {
      const auto m1 = c["m1"].get<Vector>(), m2 = c["m2"].get<Vector>();
      const auto covariance = [d = std::int64_t(m1.size())](const Vector& factor) {
        const Matrix f(d, std::int64_t(factor.size()) / d, factor);
        return product(f, transpose(f));
      };
      const Matrix s1 = covariance(c["f1"].get<Vector>()), s2 = covariance(c["f2"].get<Vector>());
      const double distance = frechet_distance(m1, s1, m2, s2);
      // sqrtm takes the roots of eigenvalues that are zero but for rounding: 1e-6 is what it is good to there.
      BOOST_TEST(std::abs(distance - c["sqrtm"].get<double>()) < 1e-6);
      BOOST_TEST(std::abs(distance - c["svd"].get<double>()) < 1e-11 * (1 + c["svd"].get<double>()) + 1e-9);
      BOOST_TEST(std::abs(frechet_distance(m2, s2, m1, s1) - distance) < 1e-9);  // symmetric
      BOOST_TEST(distance >= 0);
      ++compared;
    }
  BOOST_TEST(compared == 9);
}

BOOST_AUTO_TEST_CASE(closed_forms) {
  // One column: (m1 - m2)^2 + (sd1 - sd2)^2.
  BOOST_TEST(frechet_distance({1}, Matrix(1, 1, {9}), {3}, Matrix(1, 1, {4})) == 5,
             boost::test_tools::tolerance(1e-14));
  BOOST_TEST(frechet_distance({1}, Matrix(1, 1, {9}), {1}, Matrix(1, 1, {0})) == 9);
  // Covariances that commute: the sum of (sd1 - sd2)^2 along the axes.
  const Matrix a(2, 2, {4, 0, 0, 1}), b(2, 2, {1, 0, 0, 9});
  BOOST_TEST(frechet_distance({0, 0}, a, {0, 0}, b) == 1 + 4, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(frechet_distance({}, Matrix(), {}, Matrix()) == 0);
  // A shift adds its square and nothing else; a turn of both changes nothing; a common scale s gives s^2.
  const Matrix s1 = random_covariance(4, 4, 1), s2 = random_covariance(4, 2, 2);
  const double base = frechet_distance({0, 0, 0, 0}, s1, {0, 0, 0, 0}, s2);
  BOOST_TEST(std::abs(frechet_distance({1, 0, 0, 2}, s1, {0, 0, 0, 0}, s2) - base - 5) < 1e-10);
  BOOST_TEST(std::abs(frechet_distance({0, 0, 0, 0}, scaled(s1, 9), {0, 0, 0, 0}, scaled(s2, 9)) - 9 * base) <
             1e-9);
  const Matrix turn = symmetric_eigen(random_covariance(4, 4, 3)).vectors;
  const auto turned = [&](const Matrix& s) { return product(product(turn, s), transpose(turn)); };
  BOOST_TEST(std::abs(frechet_distance({0, 0, 0, 0}, turned(s1), {0, 0, 0, 0}, turned(s2)) - base) < 1e-9);
}

BOOST_AUTO_TEST_CASE(rows_and_their_jackknife_are_those_of_numpy) {
  const auto c = golden("rows");
  const auto a = c["a"].get<std::vector<float>>(), b = c["b"].get<std::vector<float>>();
  const auto d = c["columns"].get<std::int64_t>();
  const FrechetEstimate e = frechet_distance(Tensor::from(a, {std::int64_t(a.size()) / d, d}),
                                             Tensor::from(b, {std::int64_t(b.size()) / d, d}), c["blocks"]);
  BOOST_TEST(e.distance == c["distance"].get<double>(), boost::test_tools::tolerance(1e-10));
  BOOST_TEST(e.standard_error == c["standard_error"].get<double>(), boost::test_tools::tolerance(1e-8));
}

BOOST_AUTO_TEST_CASE(the_jackknife_tells_the_scatter_of_the_estimate) {
  // 60 pairs of sets of 2000 rows whose distributions lie 3 * 0.5^2 + 3 * (2 - 1)^2 = 3.75 apart.
  std::vector<double> distances, errors;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const FrechetEstimate e =
        frechet_distance(normal({seed, 1, 1}, {2000, 3}), normal({seed, 2, 1}, {2000, 3}, 0.5, 2), 20);
    distances.push_back(e.distance), errors.push_back(e.standard_error);
  }
  const MeanAndError distance = mean_and_error(distances), error = mean_and_error(errors);
  const double scatter = distance.error * std::sqrt(60.0);
  BOOST_TEST_MESSAGE("3.75: " << distance.mean << " +- " << scatter << " each, by jackknife " << error.mean);
  BOOST_TEST(std::abs(distance.mean - 3.75) < 4 * distance.error + 0.01);  // 0.01: the bias, 3 (1 + 4) / 2000
  BOOST_TEST(error.mean == scatter, boost::test_tools::tolerance(0.3));    // 60 draws know a scatter to 9 %
}

BOOST_AUTO_TEST_CASE(two_samples_of_one_law_lie_apart_by_the_bias) {
  for (const std::int64_t rows : {100, 1000, 10000}) {
    std::vector<double> distances;
    for (std::uint64_t seed = 0; seed < 10; ++seed)
      distances.push_back(
          frechet_distance(normal({seed, 1, 1}, {rows, 8}), normal({seed, 2, 1}, {rows, 8})).distance);
    const MeanAndError distance = mean_and_error(distances);
    const double bias = (8 + 5) / 4.0 * 8 * 2 / double(rows);  // (d + 5)/4 tr(S) (1/n1 + 1/n2)
    BOOST_TEST_MESSAGE(rows << " rows: " << distance.mean << " +- " << distance.error << ", bias " << bias);
    BOOST_TEST(std::abs(distance.mean - bias) < 4 * distance.error + 0.1 * bias);
  }
  const Tensor x = normal({1, 1, 1}, {500, 8});
  BOOST_TEST(frechet_distance(x, x).distance < 1e-12);
  BOOST_TEST(frechet_distance(x, x).standard_error < 1e-12);
}

BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  const Tensor a = normal({4, 1, 1}, {3000, 40}), b = normal({4, 2, 1}, {3000, 40});
  const int before = num_threads();
  std::vector<double> results;
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    const FrechetEstimate e = frechet_distance(a, b);
    results.push_back(e.distance), results.push_back(e.standard_error);
  }
  set_num_threads(before);
  BOOST_TEST(results[0] == results[2]);
  BOOST_TEST(results[1] == results[3]);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto says = [](const char* part) {
    return [part](const Error& e) { return std::string(e.what()).find(part) != std::string::npos; };
  };
  const Matrix one = identity(2), nan(2, 2, {1, 0, 0, std::nan("")});
  BOOST_CHECK_EXCEPTION(frechet_distance({0, 0}, one, {0}, one), Error, says("do not fit"));
  BOOST_CHECK_EXCEPTION(frechet_distance({0, 0}, one, {0, 0}, identity(3)), Error, says("do not fit"));
  BOOST_CHECK_EXCEPTION(frechet_distance({0, 0}, one, {0, 0}, Matrix(2, 2, {1, 2, 2, 1})), Error,
                        says("not positive semi-definite: it has the eigenvalue -1"));
  BOOST_CHECK_EXCEPTION(frechet_distance({0, std::nan("")}, one, {0, 0}, one), Error, says("non-finite"));
  BOOST_CHECK_EXCEPTION(frechet_distance({0, 0}, nan, {0, 0}, one), Error, says("non-finite"));
  BOOST_CHECK_EXCEPTION(frechet_distance(Tensor::zeros({19, 2}), Tensor::zeros({20, 2})), Error,
                        says("20 rows"));
  BOOST_CHECK_EXCEPTION(frechet_distance(Tensor::zeros({20, 2}), Tensor::zeros({20, 3})), Error,
                        says("do not fit"));
  BOOST_CHECK_EXCEPTION(frechet_distance(Tensor::zeros({9, 2}), Tensor::zeros({9, 2}), 1), Error,
                        says("2 blocks"));
}

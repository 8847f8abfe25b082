// Blur, kernel distance, precision and recall against SciPy, NumPy and scikit-learn
// (tests/golden/make_image_metrics.py), and their distributions.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "autograd/random.hpp"
#include "base/parallel.hpp"
#include "metrics/blur.hpp"
#include "metrics/kernel_distance.hpp"
#include "metrics/precision_recall.hpp"
#include "tests/data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

nlohmann::json golden(const char* part) {
  std::ifstream file(std::string(ELBOW_SOURCE_DIR) + "/tests/golden/image_metrics.json");
  BOOST_REQUIRE(file.good());
  return nlohmann::json::parse(file)[part];
}

Tensor rows(const nlohmann::json& values, int64_t columns, DType dtype) {
  const auto x = values.get<std::vector<float>>();
  return Tensor::from(x, {int64_t(x.size()) / columns, columns}).to(dtype);
}

// f() with one thread and with three.
template <class F> std::pair<std::vector<double>, std::vector<double>> with_threads(F f) {
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<double> one = f();
  set_num_threads(3);
  const std::vector<double> three = f();
  set_num_threads(before);
  return {one, three};
}

const DType both[] = {DType::float32, DType::float64};

}  // namespace

BOOST_AUTO_TEST_CASE(blur_is_that_of_scipy) {
  int compared = 0;
  for (const auto& c : golden("blur"))
    for (const DType dtype : both) BOOST_TEST_CONTEXT(c["name"] << " in " << name_of(dtype)) {
        const auto sizes = c["shape"].get<std::vector<int64_t>>();
        const Shape shape{std::span<const int64_t>(sizes)};
        const auto expected = c["variances"].get<std::vector<double>>();
        const Tensor x = Tensor::from(c["x"].get<std::vector<float>>(), shape).to(dtype);
        const std::vector<double> found = laplacian_variances(x);
        BOOST_REQUIRE(found.size() == expected.size());
        for (size_t i = 0; i < found.size(); ++i) BOOST_TEST(std::abs(found[i] - expected[i]) < 1e-13);
        ++compared;
      }
  BOOST_TEST(compared == 12);
}

BOOST_AUTO_TEST_CASE(blur_of_a_set_and_its_laws) {
  // One bright pixel of 3x3: the Laplacian is -4 there, 2 beside it (its mirror image counts as well), 0 in the corners.
  const Tensor dot = Tensor::from<float>({0, 0, 0, 0, 1, 0, 0, 0, 0}, {1, 1, 3, 3});
  const double mean = (-4 + 4 * 2) / 9.0;
  BOOST_TEST(laplacian_variances(dot)[0] == (16 + 4 * 4) / 9.0 - mean * mean,
             boost::test_tools::tolerance(1e-14));
  // The mean is over images, and the most blurred one is found; contrast counts by its square, an offset not at all.
  const Tensor x = uniform({1, 1, 0}, {20, 3, 12, 10}, 0, 1, DType::float64);
  Tensor dim = x.clone();
  for (int64_t i = 0; i < 360; ++i) dim.data<double>()[7 * 360 + i] = 0.1 * x.data<double>()[7 * 360 + i] + 0.4;
  const Blur sharp = blur_of(x), blurred = blur_of(dim);
  BOOST_TEST(blurred.most_blurred == 7);
  BOOST_TEST(blurred.minimum == 0.01 * laplacian_variances(x)[7], boost::test_tools::tolerance(1e-10));
  BOOST_TEST(blurred.variance.mean == sharp.variance.mean - 0.99 * laplacian_variances(x)[7] / 20,
             boost::test_tools::tolerance(1e-10));
  // The standard error of the mean is that of the sample.
  const std::vector<double> v = laplacian_variances(x);
  double squares = 0;
  for (const double value : v) squares += std::pow(value - sharp.variance.mean, 2);
  BOOST_TEST(sharp.variance.standard_error == std::sqrt(squares / 19 / 20),
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(blur_of(dot).variance.standard_error));
  const auto [one, three] = with_threads([] {
    const Blur b = blur_of(uniform({2, 1, 0}, {200, 1, 28, 28}));
    return std::vector<double>{b.variance.mean, b.variance.standard_error, b.minimum};
  });
  BOOST_TEST(one == three);
}

BOOST_AUTO_TEST_CASE(the_kernel_distance_is_that_of_numpy) {
  int compared = 0;
  for (const auto& c : golden("kernel"))
    for (const DType dtype : both) BOOST_TEST_CONTEXT(c["name"] << " in " << name_of(dtype)) {
        const Tensor x = rows(c["x"], c["columns"], dtype), y = rows(c["y"], c["columns"], dtype);
        const double expected = c["mmd"];
        BOOST_TEST(std::abs(squared_mmd(x, y) - expected) < 1e-11);
        BOOST_TEST(std::abs(squared_mmd(y, x) - expected) < 1e-11);
        // One subset of all rows, where the sets are of one size.
        if (x.size(0) == y.size(0)) {
          const KernelDistance whole = kernel_distance(x, y, {1, 1, 1}, x.size(0));
          BOOST_TEST(std::abs(whole.distance.mean - expected) < 1e-11);
          BOOST_TEST(whole.subsets == 1);
          BOOST_TEST(std::isnan(whole.distance.standard_error));
        }
        ++compared;
      }
  BOOST_TEST(compared == 8);
}

BOOST_AUTO_TEST_CASE(the_kernel_distance_has_no_bias_and_an_honest_error) {
  // Under one distribution it is 0 on average, for few rows as for many. For N(0, I) and N(a 1, I) in d columns the moments of
  // u = x.y / d give the expected value; with d = 1, E (xy + 1)^3 = 1 + 3 E x E y + 3 E x^2 E y^2 + E x^3 E y^3.
  const double a = 0.3, m1 = a, m2 = 1 + a * a, m3 = a * a * a + 3 * a;
  const double expected =
      (1 + 3 * 1) + (1 + 3 * m1 * m1 + 3 * m2 * m2 + m3 * m3) - 2 * (1 + 3 * m2);  // xx + yy - 2 xy
  for (const double shift : {0.0, a}) {
    const double truth = shift == 0 ? 0 : expected;
    std::vector<double> means, errors;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      const KernelDistance e = kernel_distance(normal({seed, 1, 0}, {600, 1}),
                                               normal({seed, 2, 0}, {650, 1}, shift), {seed, 3, 0}, 30);
      BOOST_TEST(e.subsets == 20);
      means.push_back(e.distance.mean), errors.push_back(e.distance.standard_error);
    }
    const double mean = std::accumulate(means.begin(), means.end(), 0.0) / 100;
    double squares = 0, squared_errors = 0;
    for (size_t i = 0; i < 100; ++i)
      squares += std::pow(means[i] - mean, 2) / 99, squared_errors += errors[i] * errors[i] / 100;
    BOOST_TEST_MESSAGE("shift " << shift << ": " << mean << " +- " << std::sqrt(squares / 100) << ", true "
                                << truth << "; scatter " << std::sqrt(squares) << ", said to be "
                                << std::sqrt(squared_errors));
    BOOST_TEST(std::abs(mean - truth) < 4 * std::sqrt(squares / 100));
    BOOST_TEST(std::sqrt(squared_errors) == std::sqrt(squares), boost::test_tools::tolerance(0.3));
  }
}

BOOST_AUTO_TEST_CASE(subsets_are_a_function_of_the_key) {
  const Tensor x = normal({1, 1, 0}, {700, 20}), y = normal({1, 2, 0}, {900, 20}, 0.1);
  const auto at = [&](uint64_t seed) { return kernel_distance(x, y, {seed, 3, 0}, 100).distance.mean; };
  BOOST_TEST(at(1) == at(1));
  BOOST_TEST(at(1) != at(2));
  const auto [one, three] = with_threads([&] {
    const KernelDistance e = kernel_distance(x, y, {1, 3, 0}, 350);
    return std::vector<double>{e.distance.mean, e.distance.standard_error};
  });
  BOOST_TEST(one == three);
}

BOOST_AUTO_TEST_CASE(precision_and_recall_are_those_of_scikit_learn) {
  int compared = 0;
  for (const auto& c : golden("manifolds"))
    for (const DType dtype : both) BOOST_TEST_CONTEXT(c["name"] << " in " << name_of(dtype)) {
        const Tensor real = rows(c["real"], c["columns"], dtype),
                     made = rows(c["generated"], c["columns"], dtype);
        const auto radii = c["radii"].get<std::vector<double>>();
        const std::vector<double> found = squared_neighbour_distances(real, c["k"]);
        BOOST_REQUIRE(found.size() == radii.size());
        for (size_t i = 0; i < radii.size(); ++i) BOOST_TEST(std::abs(std::sqrt(found[i]) - radii[i]) < 1e-6);
        const PrecisionRecall p = precision_recall(real, made, c["k"]),
                              q = precision_recall(made, real, c["k"]);
        BOOST_TEST(p.precision.mean == c["precision"].get<double>());
        BOOST_TEST(p.recall.mean == c["recall"].get<double>());
        BOOST_TEST(q.precision.mean == p.recall.mean);
        BOOST_TEST(q.recall.mean == p.precision.mean);
        const double s = p.precision.mean;
        BOOST_TEST(p.precision.standard_error == std::sqrt(s * (1 - s) / double(made.size(0))));
        ++compared;
      }
  BOOST_TEST(compared == 10);
}

BOOST_AUTO_TEST_CASE(precision_and_recall_tell_quality_from_variety) {
  // Rows that are all real but of one half of the distribution, and rows of the whole distribution spread too far. More rows than a block
  // of inner products, and more than a task's share.
  const int64_t n = 1300;
  const Tensor real = normal({1, 1, 0}, {n, 3});
  Tensor half = normal({1, 2, 0}, {n, 3});
  for (int64_t i = 0; i < n; ++i) half.data<float>()[3 * i] = std::abs(half.data<float>()[3 * i]);
  const PrecisionRecall of_half = precision_recall(real, half);
  const PrecisionRecall wide = precision_recall(real, normal({1, 3, 0}, {n, 3}, 0, 2));
  const PrecisionRecall same = precision_recall(real, real),
                        other = precision_recall(real, normal({1, 4, 0}, {n, 3}));
  BOOST_TEST_MESSAGE("half: " << of_half.precision.mean << ", " << of_half.recall.mean
                              << "; wide: " << wide.precision.mean << ", " << wide.recall.mean
                              << "; of one law: " << other.precision.mean << ", " << other.recall.mean);
  BOOST_TEST(of_half.precision.mean > 0.9);
  BOOST_TEST(of_half.recall.mean < 0.65);
  BOOST_TEST(wide.precision.mean < 0.75);
  BOOST_TEST(wide.recall.mean > 0.9);
  BOOST_TEST(std::min(other.precision.mean, other.recall.mean) > 0.9);
  BOOST_TEST(same.precision.mean == 1);
  BOOST_TEST(same.recall.mean == 1);
  // Rows that occur so often that their balls have no size still lie on them.
  const Tensor twins = Tensor::from<float>(std::vector<float>(8 * 50, 0.3F), {8, 50});
  BOOST_TEST(precision_recall(twins, twins).precision.mean == 1);
  const auto [one, three] = with_threads([&] {
    const PrecisionRecall p = precision_recall(real, half);
    return std::vector<double>{p.precision.mean, p.recall.mean};
  });
  BOOST_TEST(one == three);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto refused = [](auto f, const char* part) {
    const std::string message = error_of(f);
    BOOST_TEST(contains(message, part), message);
  };
  const Tensor x = Tensor::zeros({4, 3}), odd = Tensor::zeros({4, 2}), nan = Tensor::full({4, 3}, std::nan(""));
  refused([&] { blur_of(x); }, "expects images [rows, channels, height, width], not [4,3]");
  refused([&] { blur_of(Tensor::zeros({2, 1, 0, 3})); }, "expects images");
  refused([&] { blur_of(Tensor::full({1, 1, 2, 2}, std::nan(""))); }, "non-finite pixel");
  refused([&] { squared_mmd(x, odd); }, "rows of 3 and of 2 columns");
  refused([&] { squared_mmd(x, Tensor::zeros({1, 3})); }, "at least two rows");
  refused([&] { squared_mmd(x, nan); }, "non-finite");
  refused([&] { squared_mmd(Tensor::zeros({4, 0}), Tensor::zeros({4, 0})); }, "[4,0]");
  refused([&] { kernel_distance(x, x, {}, 5); }, "subsets of 5 rows cannot be taken from a set [4,3]");
  refused([&] { kernel_distance(x, x, {}, 1); }, "at least two rows");
  refused([&] { precision_recall(x, odd); }, "rows of 3 and of 2 columns");
  refused([&] { precision_recall(x, x, 4); }, "more rows than that");
  refused([&] { precision_recall(x, x, 0); }, "more rows than that");
  refused([&] { precision_recall(nan, x); }, "non-finite");
  refused([&] { precision_recall(Tensor::zeros({4}), x); }, "[4]");
}

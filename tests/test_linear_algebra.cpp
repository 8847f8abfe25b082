// The small dense linear algebra under the analysis: products, eigen-decompositions, generalised inverses.

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "base/error.hpp"
#include "base/linear_algebra.hpp"
#include "base/parallel.hpp"

using namespace elbow;

namespace {

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Matrix m(rows, cols);
  for (double& v : m.values) v = normal(engine);
  return m;
}

double largest_difference(const Matrix& a, const Matrix& b) {
  BOOST_REQUIRE(a.rows == b.rows && a.cols == b.cols);
  double largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    largest = std::max(largest, std::abs(a.values[i] - b.values[i]));
  return largest;
}

bool names(const Error& e, const char* part) { return std::string(e.what()).find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(products_transposes_and_submatrices) {
  const Matrix a(2, 3, {1, 2, 3, 4, 5, 6});
  BOOST_TEST(product(a, transpose(a)).values == (std::vector<double>{14, 32, 32, 77}));
  BOOST_TEST(transpose(a).values == (std::vector<double>{1, 4, 2, 5, 3, 6}));
  BOOST_TEST(submatrix(a, {1, 0}, {2, 2}).values == (std::vector<double>{6, 6, 3, 3}));
  BOOST_TEST(product(Matrix(2, 0), Matrix(0, 3)).values == std::vector<double>(6, 0.0));
  BOOST_CHECK_EXCEPTION(product(a, a), Error, [](const Error& e) { return names(e, "inner sizes 3 and 2"); });
  BOOST_CHECK_EXCEPTION(submatrix(a, {2}, {0}), Error, [](const Error& e) { return names(e, "row 2"); });
  BOOST_CHECK_THROW(submatrix(a, {0}, {-1}), Error);
  BOOST_CHECK_THROW(Matrix(2, 2, {1, 2, 3}), Error);
  BOOST_CHECK_THROW(Matrix(-1, 2), Error);
}

// Small matrices by a plain loop, large ones in blocks: the same but for rounding.
BOOST_AUTO_TEST_CASE(large_products) {
  const Matrix a = random_matrix(150, 70, 1), b = random_matrix(70, 40, 2), large = product(a, b);
  std::vector<std::int64_t> inner(70);
  for (std::int64_t i = 0; i < 70; ++i) inner[i] = i;
  for (std::int64_t r = 0; r < 150; r += 50) {
    const Matrix row = product(submatrix(a, {r}, inner), b);
    for (std::int64_t c = 0; c < 40; ++c) BOOST_TEST(std::abs(row(0, c) - large(r, c)) < 1e-12);
  }
}

// What known columns tell of others: by eigenvectors, and by Cholesky factors where they are many; also where they depend on
// each other, or have other units, or are nearly the same.
BOOST_AUTO_TEST_CASE(regressions_of_few_and_of_many_columns) {
  for (const std::int64_t n : {100, 200})
    for (const std::int64_t rank : {30, 300})
      for (const double nearly : {1.0, 1e-4}) {
        const std::int64_t others = 20;
        Matrix factor = random_matrix(n + others, rank, 5);
        for (std::int64_t k = 0; k < rank; ++k) {
          for (std::int64_t r = 0; r < n; ++r) factor(r, k) = factor(r % 25, k) + nearly * factor(r, k);
          factor(3, k) *= 1e3, factor(7, k) *= 1e-3, factor(11, k) = 0;
        }
        const Matrix all = product(factor, transpose(factor));
        std::vector<std::int64_t> known(n), rest(others);
        for (std::int64_t i = 0; i < n; ++i) known[i] = i;
        for (std::int64_t i = 0; i < others; ++i) rest[i] = n + i;
        const Matrix cross = submatrix(all, known, rest), s = submatrix(all, known, known);
        const Regression r = regression(s, cross);
        // the same from the definition
        const Matrix g = pseudo_inverse(s), expected = product(product(transpose(cross), g), cross);
        BOOST_TEST(largest_difference(r.explained, expected) < 1e-6 * double(rank));
        BOOST_TEST(largest_difference(product(r.coefficients, cross), r.explained) < 1e-6 * double(rank));
        // nothing is explained but what there is: the rest's own covariance less it has no negative variance
        for (std::int64_t i = 0; i < others; ++i)
          BOOST_TEST(r.explained(i, i) <= all(n + i, n + i) * (1 + 1e-6));
      }
  BOOST_CHECK_THROW(regression(Matrix(2, 2), Matrix(3, 1)), Error);
  Matrix bad(200, 200);
  bad(0, 0) = std::numeric_limits<double>::quiet_NaN(), bad(1, 1) = std::numeric_limits<double>::infinity();
  BOOST_CHECK_THROW(regression(bad, Matrix(200, 1)), Error);
  for (const std::int64_t others : {2, 200}) {  // known columns that are constant, and none
    const std::vector<double> nothing(std::size_t(others * others), 0.0);
    BOOST_TEST((regression(Matrix(200, 200), random_matrix(200, others, 1)).explained.values == nothing));
    BOOST_TEST((regression(Matrix(0, 0), Matrix(0, others)).explained.values == nothing));
  }
}

BOOST_AUTO_TEST_CASE(an_eigen_system_rebuilds_its_matrix) {
  for (const std::int64_t n : {1, 2, 7, 40}) {
    const Matrix g = random_matrix(n, n, n);
    Matrix a = product(g, transpose(g));
    const EigenSystem e = symmetric_eigen(a);
    BOOST_TEST(std::is_sorted(e.values.rbegin(), e.values.rend()));
    const std::vector<double> alone = symmetric_eigenvalues(a);
    for (std::int64_t i = 0; i < n; ++i) BOOST_TEST(std::abs(alone[i] - e.values[i]) < 1e-12 * e.values[0]);
    Matrix scaled = e.vectors, identity(n, n);
    for (std::int64_t i = 0; i < n; ++i) {
      identity(i, i) = 1;
      for (std::int64_t j = 0; j < n; ++j) scaled(i, j) *= e.values[i];
    }
    BOOST_TEST(largest_difference(product(transpose(e.vectors), scaled), a) < 1e-12 * e.values[0] * double(n));
    BOOST_TEST(largest_difference(product(e.vectors, transpose(e.vectors)), identity) < 1e-13 * double(n));
    for (std::int64_t r = 0; r < n; ++r)  // the upper triangle is never read
      for (std::int64_t c = r + 1; c < n; ++c) a(r, c) = 1e6;
    BOOST_TEST(symmetric_eigen(a).values == e.values);
  }
  BOOST_TEST(symmetric_eigen(Matrix(2, 2, {2, 1, 1, 2})).values == (std::vector<double>{3, 1}),
             boost::test_tools::tolerance(1e-14) << boost::test_tools::per_element());
  BOOST_TEST(symmetric_eigen(Matrix(0, 0)).values.empty());
}

BOOST_AUTO_TEST_CASE(eigen_gives_the_same_bits_for_any_number_of_threads) {
  const Matrix factor = random_matrix(120, 120, 7), a = product(factor, transpose(factor));
  const int before = num_threads();
  set_num_threads(1);
  const EigenSystem one = symmetric_eigen(a);
  set_num_threads(3);
  const EigenSystem three = symmetric_eigen(a);
  BOOST_TEST(num_threads() == 3);
  set_num_threads(before);
  BOOST_TEST((one.values == three.values));
  BOOST_TEST((one.vectors.values == three.vectors.values));
}

BOOST_AUTO_TEST_CASE(eigen_refuses_what_it_cannot_do) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(symmetric_eigen(Matrix(2, 3)), Error, [](const Error& e) { return names(e, "[2,3]"); });
  BOOST_CHECK_EXCEPTION(symmetric_eigen(Matrix(1, 1, {nan})), Error,
                        [](const Error& e) { return names(e, "non-finite"); });
  BOOST_CHECK_THROW(pseudo_inverse(Matrix(1, 2)), Error);
}

BOOST_AUTO_TEST_CASE(the_pseudo_inverse_of_a_regular_matrix_is_its_inverse) {
  const Matrix g = random_matrix(6, 9, 3);
  const Matrix a = product(g, transpose(g));
  Matrix identity(6, 6);
  for (std::int64_t i = 0; i < 6; ++i) identity(i, i) = 1;
  BOOST_TEST(largest_difference(product(a, pseudo_inverse(a)), identity) < 1e-12);
  BOOST_TEST(pseudo_inverse(Matrix(0, 0)).values.empty());
}

BOOST_AUTO_TEST_CASE(the_pseudo_inverse_of_a_singular_matrix) {
  const Matrix factor = random_matrix(8, 2, 4);
  const Matrix a = product(factor, transpose(factor));  // rank 2 of 8
  const Matrix g = pseudo_inverse(a);
  BOOST_TEST(largest_difference(product(product(a, g), a), a) < 1e-12);
  BOOST_TEST(largest_difference(product(product(g, a), g), g) < 1e-12);
  double trace = 0;  // of G A, a projection: its rank
  const Matrix projection = product(g, a);
  for (std::int64_t i = 0; i < 8; ++i) trace += projection(i, i);
  BOOST_TEST(trace == 2, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(pseudo_inverse(Matrix(2, 2)).values == std::vector<double>(4, 0.0));
}

BOOST_AUTO_TEST_CASE(the_rank_found_does_not_depend_on_units) {
  // Uncorrelated columns in nanometres and in kilometres: the first is small, not redundant.
  const Matrix g = pseudo_inverse(Matrix(2, 2, {1e-18, 0, 0, 1e6}));
  BOOST_TEST(g(0, 0) == 1e18, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(g(1, 1) == 1e-6, boost::test_tools::tolerance(1e-14));
}

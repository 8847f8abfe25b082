// The data sources: each against its distribution. Bounds are in standard errors of the means compared; seeds are fixed,
// so the tests cannot fail by chance.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "base/streams.hpp"
#include "data/covariance.hpp"
#include "data/sources.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

DataSplit make(const Json& options, uint64_t seed = 1) { return make_data(Config(options, "", "data"), seed); }

// The means and covariances of the rows against the Gaussian distribution that the set states; the worst one, in errors.
double worst_deviation(const Dataset& set) {
  const auto x = set.x.tensor().to_vector();
  const int64_t n = set.rows(), d = set.columns();
  const GaussianDistribution& distribution = set.gaussian.value();
  double worst = 0;
  for (int64_t a = 0; a < d; ++a) {
    worst =
        std::max(worst, std::abs(deviation(n, distribution.mean[a], [&](int64_t r) { return x[r * d + a]; })));
    for (int64_t b = 0; b <= a; ++b)
      worst = std::max(worst, std::abs(deviation(n, distribution.covariance(a, b), [&](int64_t r) {
                         return (x[r * d + a] - distribution.mean[a]) * (x[r * d + b] - distribution.mean[b]);
                       })));
  }
  return worst;
}

// How many rows of `a` also stand in `b`, by their first number.
int64_t shared_rows(const Dataset& a, const Dataset& b) {
  const auto first = [](const Dataset& set) {
    const auto x = set.x.tensor().to_vector();
    std::vector<double> firsts;
    for (int64_t r = 0; r < set.rows(); ++r) firsts.push_back(x[r * set.columns()]);
    std::sort(firsts.begin(), firsts.end());
    return firsts;
  };
  std::vector<double> both;
  const auto fa = first(a), fb = first(b);
  std::set_intersection(fa.begin(), fa.end(), fb.begin(), fb.end(), std::back_inserter(both));
  return int64_t(both.size());
}

double largest_difference(const Matrix& a, const Matrix& b) {
  double largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i) largest = std::max(largest, std::abs(a.values[i] - b.values[i]));
  return largest;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_law_is_drawn_apart_reproducibly_and_by_its_seed) {
  for (const std::string name :
       {"independent_gaussian", "correlated_gaussian", "projected_gaussian", "swiss_roll"}) {
    const Json options{{"source", name}, {"train_rows", 500}, {"test_rows", 300}, {"redraw", true}};
    DataSplit data = make(options);
    const auto first = data.train.x.tensor().to_vector();
    BOOST_TEST(data.train.name == name);
    BOOST_TEST((data.train.rows() == 500 && data.test.rows() == 300));
    BOOST_TEST(shared_rows(data.train, data.test) <= 1);  // floats meet by chance
    BOOST_TEST(make(options).train.x.tensor().to_vector() == first);
    BOOST_TEST(shared_rows(data.train, make(options, 2).train) <= 1);
    data.redraw(data.train, 1);
    const auto second = data.train.x.tensor().to_vector();
    BOOST_TEST(second != first);
    data.redraw(data.train, 0);
    BOOST_TEST(data.train.x.tensor().to_vector() == first);
  }
  const DataSplit plain = make({{"source", "swiss_roll"}});
  BOOST_TEST((plain.train.rows() == 64000 && plain.test.rows() == 64000 && !plain.redraw));
}

BOOST_AUTO_TEST_CASE(rows_do_not_depend_on_the_number_of_threads) {
  for (const std::string name : {"independent_gaussian", "projected_gaussian"}) {
    set_num_threads(1);
    const auto alone = make({{"source", name}, {"columns", 8}}).train.x.tensor().to_vector();
    for (const int threads : {2, 3}) {
      set_num_threads(threads);
      BOOST_TEST((make({{"source", name}, {"columns", 8}}).train.x.tensor().to_vector() == alone));
    }
  }
}

BOOST_AUTO_TEST_CASE(gaussian_sets_have_the_law_that_they_state) {
  for (const int64_t d : {1, 2, 6}) {
    const DataSplit data = make({{"source", "independent_gaussian"}, {"columns", d}});
    BOOST_TEST((worst_deviation(data.train) < 4.5 && worst_deviation(data.test) < 4.5));
    for (int64_t a = 0; a < d; ++a)
      for (int64_t b = 0; b < d; ++b) BOOST_TEST(data.test.gaussian->covariance(a, b) == (a == b ? 1.0 : 0.0));
  }
  for (const uint64_t seed : {1, 2, 3}) {
    const DataSplit data = make({{"source", "correlated_gaussian"}}, seed);
    BOOST_TEST(data.train.columns() == 4);
    BOOST_TEST((worst_deviation(data.train) < 4.5 && worst_deviation(data.test) < 4.5));
    BOOST_TEST(data.train.extras.at("covariance").to_vector() == data.test.gaussian->covariance.values);
  }
  const std::vector<std::vector<double>> given{{4, 1, 0}, {1, 1, -0.5}, {0, -0.5, 2}};
  const DataSplit data = make({{"source", "correlated_gaussian"}, {"covariance", given}});
  BOOST_TEST((worst_deviation(data.train) < 4.5));
  for (int64_t a = 0; a < 3; ++a)
    for (int64_t b = 0; b < 3; ++b)
      BOOST_TEST(std::abs(data.test.gaussian->covariance(a, b) - given[a][b]) < 1e-14);
}

BOOST_AUTO_TEST_CASE(projected_columns_follow_their_factor) {
  const DataSplit data = make({{"source", "projected_gaussian"}, {"columns", 8}, {"factors", 3}});
  const Tensor p = data.train.extras.at("P");
  BOOST_TEST((p.shape() == Shape{8, 3}));
  const auto loading = p.to_vector();
  BOOST_TEST(loading == data.test.extras.at("P").to_vector());
  for (int64_t r = 0; r < 8; ++r)
    for (int64_t c = 0; c < 3; ++c) {
      const double v = loading[r * 3 + c];
      BOOST_TEST((c == r % 3 ? v != 1 && std::abs(v - 1) < 0.05 : v == 0));
    }
  BOOST_TEST((worst_deviation(data.train) < 4.5 && worst_deviation(data.test) < 4.5));
  const auto y = data.train.x.tensor().to_vector();
  for (int64_t i = 0; i < 1000; ++i)  // columns of one factor are proportional
    BOOST_TEST(std::abs(y[i * 8 + 4] * loading[1 * 3 + 1] - y[i * 8 + 1] * loading[4 * 3 + 1]) < 2e-6);

  const DataSplit high = make({{"source", "projected_gaussian"},
                               {"columns", 2000},
                               {"factors", 1},
                               {"train_rows", 1},
                               {"test_rows", 1}});
  const auto v = high.test.extras.at("P").to_vector();
  BOOST_TEST(std::abs(deviation(2000, 1, [&](int64_t i) { return v[i]; })) < 4);
  BOOST_TEST(std::abs(deviation(2000, 1e-4, [&](int64_t i) { return (v[i] - 1) * (v[i] - 1); })) < 4);
}

BOOST_AUTO_TEST_CASE(swiss_roll_is_a_rolled_sheet) {
  const DataSplit data = make({{"source", "swiss_roll"}});
  for (const Dataset* set : {&data.train, &data.test}) {
    const int64_t n = set->rows();
    const auto x = set->x.tensor().to_vector(), phi = set->coordinate.to_vector();
    std::vector<double> xi(n);
    for (int64_t r = 0; r < n; ++r) {
      const double radius = std::hypot(x[3 * r], x[3 * r + 1]);
      xi[r] = (6 * radius - phi[r]) / 0.1;  // what is left of the radius must be uniform in [0, 1]
      BOOST_REQUIRE((phi[r] >= 0 && phi[r] < 15 && x[3 * r + 2] >= 0 && x[3 * r + 2] < 15));
      BOOST_REQUIRE((xi[r] > -1e-4 && xi[r] < 1 + 1e-4));
      BOOST_REQUIRE(std::abs(x[3 * r] - radius * std::sin(phi[r])) < 1e-5);
      BOOST_REQUIRE(std::abs(x[3 * r + 1] - radius * std::cos(phi[r])) < 1e-5);
    }
    const auto uniform_moments = [&](double width, auto u) {
      BOOST_TEST(std::abs(deviation(n, width / 2, u)) < 4);
      BOOST_TEST(std::abs(deviation(n, width * width / 3, [&](int64_t r) { return u(r) * u(r); })) < 4);
    };
    uniform_moments(15, [&](int64_t r) { return phi[r]; });
    uniform_moments(15, [&](int64_t r) { return x[3 * r + 2]; });
    uniform_moments(1, [&](int64_t r) { return xi[r]; });
    BOOST_TEST(std::abs(deviation(n, 7.5 * 7.5, [&](int64_t r) { return phi[r] * x[3 * r + 2]; })) < 4);
    BOOST_TEST(std::abs(deviation(n, 7.5 * 0.5, [&](int64_t r) { return phi[r] * xi[r]; })) < 4);
    BOOST_TEST(std::abs(deviation(n, 7.5 * 0.5, [&](int64_t r) { return x[3 * r + 2] * xi[r]; })) < 4);
  }
}

// With partial correlations uniform on (-1, 1), mean square 1/3, each determinant is a product of independent
// terms 1 - p^2, and the squared correlation in tree k of the vine has the mean s_k = 4/9 s_(k-1) + 1/9, s_0 =
// 1/3.
BOOST_AUTO_TEST_CASE(random_correlations_have_uniform_partial_correlations) {
  constexpr int64_t d = 4, draws = 20000;
  std::vector<Matrix> r;
  for (uint64_t step = 0; step < draws; ++step)
    r.push_back(covariance_of(
        random_correlation_factor(d, {1, stream::structure, 2 * step}, {1, stream::structure, 2 * step + 1})));
  const auto mean_is = [&](double expected, auto f) {
    BOOST_TEST(std::abs(deviation(draws, expected, [&](int64_t i) { return f(r[i]); })) < 4);
  };
  const auto determinant = [](const Matrix& m) {
    const Matrix factor = cholesky(m);
    double root = 1;
    for (int64_t i = 0; i < d; ++i) root *= factor(i, i);
    return root * root;
  };
  mean_is(std::pow(2.0 / 3, 6), determinant);
  mean_is((1 + 2 * 7.0 / 27 + 55.0 / 243) / 6,
          [](const Matrix& m) {  // 3 pairs in tree 0, 2 in tree 1, 1 in tree 2
            double sum = 0;
            for (int64_t a = 0; a < d; ++a)
              for (int64_t b = 0; b < a; ++b) sum += m(a, b) * m(a, b);
            return sum / 6;
          });
  for (int64_t a = 0; a < d; ++a)
    for (int64_t b = 0; b < a; ++b) {  // the columns are exchangeable
      mean_is(0, [&](const Matrix& m) { return m(a, b); });
      mean_is((1 + 2 * 7.0 / 27 + 55.0 / 243) / 6, [&](const Matrix& m) { return m(a, b) * m(a, b); });
    }
  for (const Matrix& m : r) {
    BOOST_REQUIRE(determinant(m) > 0);
    for (int64_t i = 0; i < d; ++i) BOOST_REQUIRE(std::abs(m(i, i) - 1) < 1e-14);
  }
  for (const double at :
       {-0.9, -0.5, 0.0, 0.3, 0.8})  // two columns: the correlation is uniform on (-1, 1) itself
    BOOST_TEST(std::abs(deviation(draws, (at + 1) / 2, [&](int64_t i) {
                 const RandomKey key{2, stream::structure, uint64_t(i)};
                 return covariance_of(random_correlation_factor(2, key, key))(0, 1) < at ? 1.0 : 0.0;
               })) < 4);
}

BOOST_AUTO_TEST_CASE(cholesky_of_any_rank) {
  const Matrix full(3, 3, {4, 2, 0, 2, 5, 1, 0, 1, 3});
  BOOST_TEST(largest_difference(covariance_of(cholesky(full)), full) < 1e-14);
  const Matrix singular(3, 3, {1, 2, 3, 2, 4, 6, 3, 6, 10});  // rank 2
  BOOST_TEST(largest_difference(covariance_of(cholesky(singular)), singular) < 1e-12);
  const Matrix zero(2, 2);
  BOOST_TEST(largest_difference(covariance_of(cholesky(zero)), zero) == 0);
  const auto message = [](const Matrix& m) { return error_of([&] { cholesky(m); }); };
  BOOST_TEST(message(Matrix(2, 2, {1, 2, 2, 1})) == "the matrix is not positive semi-definite");
  BOOST_TEST(message(Matrix(2, 2, {0, 1, 1, 1})) == "the matrix is not positive semi-definite");
  BOOST_TEST(message(Matrix(2, 2, {1, 0.5, 0.4, 1})) == "the matrix is not symmetric");
  BOOST_TEST(contains(message(Matrix(2, 3)), "not square"));
}

BOOST_AUTO_TEST_CASE(settings_that_make_no_data) {
  const auto message = [](const Json& options) { return error_of([&] { make(options); }); };
  const std::string unknown = message({{"source", "independent_gausian"}});
  BOOST_TEST(unknown.starts_with("data.source: must be one of \"independent_gaussian\", "));
  for (const std::string& name : source_names()) BOOST_TEST(contains(unknown, '"' + name + '"'));
  BOOST_TEST(unknown.ends_with(", not \"independent_gausian\"; did you mean \"independent_gaussian\"?"));
  BOOST_TEST(message(Json::object()) == "data.source: must be given");
  BOOST_TEST(message({{"source", "independent_gaussian"}, {"columns", "two"}}) ==
             "data.columns: must be a whole number >= 1 and <= 10000, not \"two\"");
  BOOST_TEST(message({{"source", "independent_gaussian"}, {"colums", 2}}) ==
             "data.colums: there is no such setting; did you mean \"columns\"?");
  BOOST_TEST(message({{"source", "swiss_roll"}, {"train_rows", 0}}) ==
             "data.train_rows: must be a positive whole number, not 0");
  BOOST_TEST(message({{"source", "projected_gaussian"}, {"columns", 2}, {"factors", 3}}) ==
             "data.factors: must be a whole number >= 1 and <= 2, not 3");
  const auto covariance = [&](const Json& rows) {
    return message({{"source", "correlated_gaussian"}, {"columns", 2}, {"covariance", rows}});
  };
  BOOST_TEST(covariance({{1, 0}, {0, 1}, {0, 0}}) == "data.covariance: must have 2 rows, not 3");
  BOOST_TEST(message({{"source", "correlated_gaussian"}, {"covariance", Json::array()}}) ==
             "data.covariance: must have at least one row");
  BOOST_TEST(covariance({{1, 0}, {0}}) == "data.covariance[1]: must have 2 numbers, not 1");
  BOOST_TEST(contains(covariance({{1, 2}, {2, 1}}), "data.covariance: the matrix is not positive"));
}

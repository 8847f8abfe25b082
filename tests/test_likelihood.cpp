// The importance-sampled likelihood, against closed forms and plain loops; the exact conditional density of a Gaussian set.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "autograd/operators.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/sampling.hpp"
#include "data_helpers.hpp"
#include "optimum_helpers.hpp"
#include "threads_scope.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr double beta = 0.5, noise = beta / 2;  // its variance around the decoder's output
constexpr int64_t columns = 3, codes = 2;
constexpr double weights[codes][columns] = {{0.9, 0.9, 0}, {0.4, -0.4, 0.7}};

Json settings() {
  return Json::parse(R"({"name": "probe", "seed": 5,
    "data": {"source": "independent_gaussian", "columns": 3, "train_rows": 64, "test_rows": 40},
    "loss": {"beta": 0.5}, "model": {"encoder": [8], "latents": 2, "decoder": [8]}})");
}

// p(x | z) = N(z W, noise I) with orthogonal rows W, so the posterior under N(0, I) is known and its components are
// independent. The encoder returns it, with `widened` times its standard deviations.
struct LinearGaussian : Cvae {
  double widened = 1;
  Posterior encode_here(const Tensor& input, const Tensor&) override {
    const int64_t rows = input.size(0);
    Tensor mu = Tensor::empty({rows, codes}), log_var = Tensor::empty({rows, codes});
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t l = 0; l < codes; ++l) {
        double precision = 1, mean = 0;
        for (int64_t i = 0; i < columns; ++i) {
          precision += weights[l][i] * weights[l][i] / noise;
          mean += weights[l][i] * input.data<float>()[r * columns + i] / noise;
        }
        mu.data<float>()[r * codes + l] = float(mean / precision);
        log_var.data<float>()[r * codes + l] = float(2 * std::log(widened) - std::log(precision));
      }
    return {mu, log_var};
  }
  Tensor decode_here(const Tensor& z, const Tensor&) override {
    Tensor y = Tensor::zeros({z.size(0), columns});
    for (int64_t r = 0; r < z.size(0); ++r)
      for (int64_t l = 0; l < codes; ++l)
        for (int64_t i = 0; i < columns; ++i)
          y.data<float>()[r * columns + i] += float(weights[l][i]) * z.data<float>()[r * codes + l];
    return y;
  }
  int64_t latents() const override { return codes; }
};

// N(0.7, e^-0.4) for each latent.
struct ShiftedPrior : Prior {
  ConditionedPrior operator()(const Tensor& c) override {
    return {{Tensor::full({c.size(0), codes}, 0.7), Tensor::full({c.size(0), codes}, -0.4)}};
  }
};

// The distribution of x when z ~ N(mean, z_variance I).
GaussianDistribution marginal(double mean, double z_variance) {
  GaussianDistribution g{std::vector<double>(columns, 0), scaled(identity(columns), noise)};
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t l = 0; l < codes; ++l) {
      g.mean[size_t(i)] += mean * weights[l][i];
      for (int64_t j = 0; j < columns; ++j) g.covariance(i, j) += z_variance * weights[l][i] * weights[l][j];
    }
  return g;
}

// An experiment with that model, and its test rows under a condition.
struct Probe {
  Experiment e{Config(settings())};
  LinearGaussian* model;
  std::vector<int64_t> index;
  Batch batch;
  Condition::Drawn drawn;

  explicit Probe(const Mask& given = Mask(columns, false)) {
    auto made = std::make_unique<LinearGaussian>();
    model = made.get();
    e.model = std::move(made);
    for (int64_t r = 0; r < e.data.test.rows(); ++r) index.push_back(r);
    batch = rows_of(e.data.test, index);
    e.condition.give(batch, given, drawn);
  }
  std::vector<Likelihood> likelihoods(int64_t samples, uint64_t seed = 1) const {
    return log_likelihoods(e, batch, drawn.c, samples, seed, 0);
  }
  std::vector<double> exact(GaussianDistribution distribution) const {
    return GaussianConditionals(std::move(distribution)).log_densities(batch, drawn.mask);
  }
};

// Whether the estimates agree with the truth: each within 5 standard errors, and all together by their mean square.
void check_estimates(const std::vector<Likelihood>& found, const std::vector<double>& truth) {
  BOOST_TEST_REQUIRE(found.size() == truth.size());
  double squares = 0;
  for (size_t r = 0; r < truth.size(); ++r) {
    const double off = (found[r].log_p - truth[r]) / found[r].standard_error;
    BOOST_TEST(std::abs(off) < 5, "row " << r << ": " << found[r].log_p << ", not " << truth[r]);
    squares += off * off / double(truth.size());
  }
  BOOST_TEST(squares > 0.4);
  BOOST_TEST(squares < 1.8);
}

// -log p of a binary value under the logit y; -log p of the category k of three under the logits y.
double binary_cost(double x, double y) { return std::log1p(std::exp(-y)) + (1 - x) * y; }
double category_cost(int64_t k, const float* y) {
  return std::log(std::exp(y[0]) + std::exp(y[1]) + std::exp(y[2])) - y[k];
}

}  // namespace

BOOST_AUTO_TEST_CASE(under_the_exact_posterior_all_weights_are_equal) {
  const Probe probe;
  const auto truth = probe.exact(marginal(0, 1));
  const auto found = probe.likelihoods(50);
  for (size_t r = 0; r < found.size(); ++r) {
    BOOST_TEST(std::abs(found[r].log_p - truth[r]) < 2e-5);
    BOOST_TEST(std::abs(found[r].effective - 50) < 1e-6);
    BOOST_TEST(found[r].standard_error < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(under_another_posterior_the_estimate_is_right_within_its_error) {
  Probe probe;
  probe.model->widened = 1.7;
  const auto found = probe.likelihoods(4000);
  check_estimates(found, probe.exact(marginal(0, 1)));
  for (const Likelihood& l : found) {
    BOOST_TEST(l.effective < 2500);
    BOOST_TEST(l.effective > 500);
    // Without the correction to K - 1 the relative variance of a weight is K / effective - 1.
    BOOST_TEST(std::abs(l.standard_error - std::sqrt((4000 / l.effective - 1) / 3999)) < 1e-12);
  }
  const Likelihood one = probe.likelihoods(1)[0];
  BOOST_TEST(one.effective == 1);
  BOOST_TEST(std::isnan(one.standard_error));
}

BOOST_AUTO_TEST_CASE(only_what_is_withheld_and_there_counts) {
  for (const bool copies : {true, false}) {  // in training given entries may count, too
    Probe probe({false, true, false});
    probe.e.loss.copies_given = copies;
    probe.model->widened = 3;                           // the encoder looks at all columns
    GaussianDistribution independent = marginal(0, 1);  // of what is given: the decoder does not look at c
    for (int64_t i : {0, 2}) independent.covariance(i, 1) = independent.covariance(1, i) = 0;
    check_estimates(probe.likelihoods(4000), probe.exact(independent));

    probe.batch.observed = Tensor::full(probe.batch.x.shape(), 1);
    for (int64_t r = 0; r < 40; ++r) probe.batch.observed.data<float>()[r * columns + 2 * (r % 2)] = 0;
    check_estimates(probe.likelihoods(4000), probe.exact(independent));
  }
}

BOOST_AUTO_TEST_CASE(the_prior_is_that_of_the_model) {
  Probe probe;
  probe.model->set_prior(std::make_unique<ShiftedPrior>());
  probe.model->widened = 1.5;
  check_estimates(probe.likelihoods(4000), probe.exact(marginal(0.7, std::exp(-0.4))));
}

// With a code that says nothing, p(x) is that of the output: here the prior's draws are not looked at by half the rows.
BOOST_AUTO_TEST_CASE(binary_and_categorical_values_against_a_plain_loop) {
  struct Fixed : Cvae {
    Posterior encode_here(const Tensor& x, const Tensor&) override {
      return {Tensor::full({x.size(0), 2}, 0.3), Tensor::full({x.size(0), 2}, -0.2)};
    }
    Tensor decode_here(const Tensor& z, const Tensor&) override {
      return concat(concat(z, 0.5 * z, 1), -1 * z, 1);  // six columns
    }
    int64_t latents() const override { return 2; }
  };
  Probe probe;
  Dataset& set = probe.e.data.train;  // two real, one binary, one of three categories
  set.features = {{"a", FeatureKind::real, 0, 1, {}},
                  {"b", FeatureKind::real, 1, 1, {}},
                  {"c", FeatureKind::binary, 2, 1, {}},
                  {"d", FeatureKind::categorical, 3, 3, {"r", "g", "b"}}};
  OutputLayout layout;
  probe.e.loss.terms = {squared_error_term({0, 2}, layout), bernoulli_term({2, 1}, layout),
                        categorical_term({3, 3}, layout)};
  probe.e.model = std::make_unique<Fixed>();
  constexpr int64_t rows = 9, samples = 7;
  Batch batch;
  batch.x = normal({1, 2, 3}, {rows, 6});
  Tensor mask = bernoulli({4, 5, 6}, {rows, 6}, 0.4);
  for (int64_t r = 0; r < rows; ++r) {
    float* x = batch.x.data<float>() + r * 6;
    float* m = mask.data<float>() + r * 6;
    x[2] = float(r % 2);
    for (int k = 0; k < 3; ++k) x[3 + k] = k == r % 3, m[3 + k] = m[3];
  }
  batch.input = batch.x;
  const auto found = log_likelihoods(probe.e, batch, concat(batch.x * mask, mask, 1), samples, 8, 4);
  for (int64_t r = 0; r < rows; ++r) {
    const float* x = batch.x.data<float>() + r * 6;
    const float* m = mask.data<float>() + r * 6;
    double sum = 0;
    for (int64_t k = 0; k < samples; ++k) {
      const Tensor normals = normal(likelihood_noise(8, k, 4), {rows, 2});
      double log_w = 0;
      float z[2];
      for (int64_t l = 0; l < 2; ++l) {
        const double n = normals.data<float>()[r * 2 + l];
        z[l] = float(0.3 + std::exp(-0.1) * n);
        log_w += -z[l] * z[l] / 2 + n * n / 2 - 0.1;
      }
      const float y[6] = {z[0], z[1], z[0] / 2, z[1] / 2, -z[0], -z[1]};
      for (int64_t i = 0; i < 2; ++i)
        if (m[i] == 0) log_w -= std::pow(x[i] - y[i], 2) / beta + std::log(std::numbers::pi * beta) / 2;
      if (m[2] == 0) log_w -= binary_cost(x[2], y[2]);
      if (m[3] == 0) log_w -= category_cost(r % 3, y + 3);
      sum += std::exp(log_w) / samples;
    }
    BOOST_TEST(std::abs(found[size_t(r)].log_p - std::log(sum)) < 1e-5);
  }
}

// The bits depend neither on threads nor on how many rows and draws there are beside.
BOOST_AUTO_TEST_CASE(the_same_bits_for_any_number_of_threads) {
  Probe probe;
  probe.model->widened = 1.3;
  std::vector<double> first;
  for (const int threads : {1, 3}) {
    const ThreadsScope scope(threads);
    for (const Likelihood& l : probe.likelihoods(3000)) first.push_back(l.log_p);
  }
  for (size_t r = 0; r < 40; ++r) BOOST_TEST(first[r] == first[40 + r]);
  const Batch few = rows_of(probe.e.data.test, std::span(probe.index).first(7));
  const auto alone = log_likelihoods(probe.e, few, slice(probe.drawn.c, 0, 0, 7), 3000, 1, 0);
  for (size_t r = 0; r < alone.size(); ++r) BOOST_TEST(alone[r].log_p == first[r]);
  BOOST_TEST(probe.likelihoods(3000, 2)[0].log_p != first[0]);
}

BOOST_AUTO_TEST_CASE(the_exact_conditional_density_of_two_columns) {
  const double a = 1.3, b = 0.7, cov = 0.6, mean[2] = {0.4, -1};
  GaussianConditionals exact({{mean[0], mean[1]}, Matrix(2, 2, {a, cov, cov, b})});
  Batch batch;
  batch.x = normal({1, 2, 3}, {4, 2});
  const Tensor mask = Tensor::from(std::vector<float>{0, 0, 1, 0, 0, 1, 1, 1}, {4, 2});
  const auto found = exact.log_densities(batch, mask);
  const auto x = [&](int64_t r, int64_t i) { return double(batch.x.data<float>()[r * 2 + i]) - mean[i]; };
  const auto normal_density = [](double u, double v) {
    return -u * u / (2 * v) - std::log(2 * std::numbers::pi * v) / 2;
  };
  const double determinant = a * b - cov * cov,
               quadratic = (b * x(0, 0) * x(0, 0) - 2 * cov * x(0, 0) * x(0, 1) + a * x(0, 1) * x(0, 1));
  BOOST_TEST(std::abs(found[0] + quadratic / (2 * determinant) +
                      std::log(2 * std::numbers::pi * std::sqrt(determinant))) < 1e-12);
  BOOST_TEST(std::abs(found[1] - normal_density(x(1, 1) - cov / a * x(1, 0), b - cov * cov / a)) < 1e-12);
  BOOST_TEST(std::abs(found[2] - normal_density(x(2, 0) - cov / b * x(2, 1), a - cov * cov / b)) < 1e-12);
  BOOST_TEST(found[3] == 0);  // of nothing

  batch.observed = Tensor::from(std::vector<float>{0, 1, 1, 0, 1, 1, 1, 1}, {4, 2});
  batch.x.data<float>()[0] = std::nanf("");  // a missing entry is not looked at
  const auto some = exact.log_densities(batch, mask);
  BOOST_TEST(std::abs(some[0] - normal_density(x(0, 1), b)) < 1e-12);
  BOOST_TEST(some[1] == 0);
  BOOST_TEST(some[2] == found[2]);
}

// Along each axis the best model has the variance of the set or of its noise, whichever is larger.
BOOST_AUTO_TEST_CASE(the_density_under_the_best_model_with_that_noise) {
  const Probe probe;  // its covariance is something plus that of the noise: it is the best model
  const auto exact = probe.exact(marginal(0, 1));
  const auto best = GaussianConditionals(marginal(0, 1)).log_densities(probe.batch, probe.drawn.mask, noise);
  for (size_t r = 0; r < exact.size(); ++r) BOOST_TEST(std::abs(best[r] - exact[r]) < 1e-9);

  GaussianConditionals independent({{0, 0, 0}, Matrix(3, 3, {1, 0, 0, 0, 0.09, 0, 0, 0, 0})});
  const auto found = independent.log_densities(probe.batch, probe.drawn.mask, 0.25);
  for (size_t r = 0; r < found.size(); ++r) {
    const double a = probe.batch.x.data<float>()[r * 3], b = probe.batch.x.data<float>()[r * 3 + 1];
    const double logs = 3 * std::log(2 * std::numbers::pi) + 2 * std::log(0.25);
    BOOST_TEST(std::abs(found[r] + (a * a + b * b / 0.25 + logs) / 2) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(a_singular_conditional_covariance_has_no_density) {
  GaussianConditionals exact({{0, 0}, Matrix(2, 2, {1, 1, 1, 1})});
  Batch batch;
  batch.x = Tensor::full({2, 2}, 0.5);
  const auto found = exact.log_densities(batch, Tensor::from(std::vector<float>{0, 0, 1, 1}, {2, 2}));
  BOOST_TEST(std::isnan(found[0]));
  BOOST_TEST(found[1] == 0);
}

BOOST_AUTO_TEST_CASE(losses_that_are_no_likelihood_are_refused) {
  Probe probe;
  BOOST_TEST(contains(error_of([&] { probe.likelihoods(0); }), "at least one sample"));
  const auto refusal = [&] { return error_of([&] { probe.likelihoods(2); }); };
  BOOST_TEST(refusal() == "no error");
  probe.e.loss.beta = 0;
  BOOST_TEST(contains(refusal(), "beta = 0"));
  probe.e.loss.autoencoder = true;
  BOOST_TEST(contains(refusal(), "autoencoder"));
  OutputLayout layout;
  probe.e.loss = LossSettings();
  probe.e.loss.terms = {bernoulli_term({0, 3}, layout)};  // of real columns
  BOOST_TEST(contains(refusal(), "grey values"));
  for (Feature& f : probe.e.data.train.features) f.kind = FeatureKind::binary;
  BOOST_TEST(refusal() == "no error");
}

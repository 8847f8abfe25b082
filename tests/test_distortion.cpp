// The terms of the distortion that learn their noise, and those of counts: against SciPy, by differences, as densities that add
// up to 1, and their draws. What the settings make of a data set, and what a model learns.
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/sampling.hpp"
#include "cvae/training.hpp"
#include "data/table_codec.hpp"
#include "data_helpers.hpp"
#include "tests/golden_case.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

using Numbers = std::vector<double>;
constexpr double least = 0.01;                 // of noise scales
constexpr float mean = 1.25f, spread = 0.75f;  // of log(1 + n)

// The raw number whose log(1 + e^raw) is `value`.
double raw_of(double value) { return value + std::log(-std::expm1(-value)); }

// A term of one column, and the decoder's outputs that mean some parameters.
struct Case {
  std::shared_ptr<const DistortionTerm> term;
  std::function<Numbers(const Numbers&)> outputs;
};

template <class F> std::shared_ptr<const DistortionTerm> made(F make) {
  OutputLayout counted;
  make(counted);
  OutputLayout layout = OutputLayout::knowing(counted);
  return make(layout);
}

NoiseScale scale_of(NoiseMode mode, OutputLayout& layout) {
  std::optional<NoiseScale> one;
  return noise_scale_of(mode, {0, 1}, least, layout, one);
}

// Parameters: mean, scale.
Case normal_case(NoiseMode mode) {
  const auto make = [mode](OutputLayout& l) { return normal_term({0, 1}, l, scale_of(mode, l)); };
  const double start = mode == NoiseMode::entry ? std::log(std::expm1(1 - least)) : 0;
  return {made(make), [mode, start](const Numbers& p) {
            const double raw = raw_of(p[1] - least) - start;
            return mode == NoiseMode::entry ? Numbers{raw, p[0]} : Numbers{p[0], raw};
          }};
}

// Parameters: location, scale, degrees of freedom.
Case student_case() {
  const auto make = [](OutputLayout& l) { return student_term({0, 1}, l, scale_of(NoiseMode::column, l)); };
  return {made(make), [](const Numbers& p) { return Numbers{p[0], raw_of(p[1] - least), raw_of(p[2] - 1)}; }};
}

// Parameters: mean and, with `dispersed`, shape.
Case count_case(bool dispersed) {
  const auto make = [=](OutputLayout& l) { return count_term({0, 1}, l, {mean}, {spread}, dispersed); };
  return {made(make), [=](const Numbers& p) {
            Numbers y{(std::log(p[0]) - mean) / spread};
            if (dispersed) y.push_back(7 * std::atanh(std::log(p[1]) / 7));
            y.insert(y.end(), {mean, spread});
            return y;
          }};
}

double x_of_count(double n) { return (std::log1p(n) - mean) / spread; }
double count_of_x(double x) { return std::expm1(mean + spread * x); }
double same(double x) { return x; }

Tensor row_of(const Numbers& values) { return Tensor::from(values, {1, int64_t(values.size())}); }

// -log p of x under the parameters.
double loss_of(const Case& c, const Numbers& parameters, double x, DType dtype = DType::float64) {
  const Tensor y = row_of(c.outputs(parameters)).to(dtype);
  return c.term->loss(y, Tensor::full({1, 1}, x, dtype), Reduction::mean).item();
}

// SciPy's numbers: a value, the parameters, -log p. `single`: the tolerance of float32.
void check_golden(const std::string& name, const Case& c, double (*x_of)(double), double single) {
  for (const auto file = golden_file("distortion.json"); const auto& line : file.at(name))
    BOOST_TEST_CONTEXT(name << ' ' << line.dump()) {
      const Numbers numbers = line.get<Numbers>(), parameters(numbers.begin() + 1, numbers.end() - 1);
      const double expected = numbers.back(), x = x_of(numbers[0]), scale = 1 + std::abs(expected);
      BOOST_TEST(std::abs(loss_of(c, parameters, x) - expected) < 1e-8 * scale);
      BOOST_TEST(std::abs(loss_of(c, parameters, x, DType::float32) - expected) < single * scale);
    }
}

// Draws of a value against E[f(value)], to 4.5 standard errors of their mean.
void check_draws(const Case& c, const Numbers& parameters, double (*value_of)(double),
                 const std::function<double(double)>& f, double expected) {
  const Numbers y = c.outputs(parameters);
  const std::vector<float> row(y.begin(), y.end());
  const float value = float(c.term->values(row_of(y)).item());
  RandomBits bits({3, 4, 5});
  const int64_t n = 40000;
  const Numbers normals = normal({6, 7, 8}, {n}).to_vector<double>();
  const double apart = deviation(n, expected, [&](int64_t i) {
    return f(value_of(c.term->draw(row.data(), 0, value, {1, float(normals[size_t(i)]), bits})));
  });
  BOOST_TEST(std::abs(apart) < 4.5);
}

void check_gradient(const Case& c, const Numbers& parameters, double x) {
  const Function loss = [&](const std::vector<Tensor>& in) {
    return c.term->loss(in[0], in[1], Reduction::per_row);
  };
  const std::vector<Tensor> inputs{row_of(c.outputs(parameters)), Tensor::full({1, 1}, x, DType::float64)};
  const Tensor cotangent = Tensor::full({1}, 1.7, DType::float64);
  const auto found = tape_gradients(loss, inputs, {true, false}, cotangent);
  BOOST_TEST(relative_error(at_checked_elements(found[0]), numerical_gradient(loss, inputs, 0, cotangent)) <
             1e-6);
}

Config config_of(const std::string& text) { return Config(Json::parse(text)); }

Experiment experiment_with(const std::string& loss, const std::string& training) {
  return Experiment(config_of(R"({"name": "noise", "data": {"source": "correlated_gaussian",
      "covariance": [[2, 1.2, -0.5], [1.2, 1.5, 0.3], [-0.5, 0.3, 1]], "train_rows": 4096, "test_rows": 2048},
      "model": {"kind": "linear", "gains": [16]},
      "loss": )" + loss + R"(, "training": )" +
                              training + "}"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(losses_are_those_of_scipy) {
  for (const NoiseMode mode : {NoiseMode::one, NoiseMode::column, NoiseMode::entry})
    check_golden("normal", normal_case(mode), same, 1e-3);
  check_golden("student", student_case(), same, 1e-4);
  check_golden("poisson", count_case(false), x_of_count, 2e-3);
  check_golden("negative_binomial", count_case(true), x_of_count, 2e-3);
}

BOOST_AUTO_TEST_CASE(gradients_are_those_of_differences) {
  for (const NoiseMode mode : {NoiseMode::one, NoiseMode::column, NoiseMode::entry})
    check_gradient(normal_case(mode), {0.3, 0.6}, 1.1);
  check_gradient(student_case(), {0.3, 0.6, 3.2}, -2.0);
  for (const double n : {1.0, 3.0, 60.0}) {
    check_gradient(count_case(false), {5.0}, x_of_count(n));
    check_gradient(count_case(true), {5.0, 1.7}, x_of_count(n));
  }
}

BOOST_AUTO_TEST_CASE(probabilities_add_up_to_one) {
  double poisson = 0, dispersed = 0, student = 0;
  for (int n = 0; n < 4000; ++n) {
    poisson += std::exp(-loss_of(count_case(false), {12.0}, x_of_count(n)));
    dispersed += std::exp(-loss_of(count_case(true), {12.0, 0.6}, x_of_count(n)));
  }
  // By the midpoint rule in u, x = tan u.
  const int steps = 4000;
  for (int i = 0; i < steps; ++i) {
    const double u = (double(i) + 0.5) / steps * M_PI - M_PI / 2;
    student += std::exp(-loss_of(student_case(), {0.4, 0.7, 2.5}, std::tan(u))) / std::pow(std::cos(u), 2) *
               M_PI / steps;
  }
  BOOST_TEST(std::abs(poisson - 1) < 1e-9);
  BOOST_TEST(std::abs(dispersed - 1) < 1e-9);
  BOOST_TEST(std::abs(student - 1) < 1e-6);
}

BOOST_AUTO_TEST_CASE(draws_have_the_moments_of_their_distributions) {
  const auto squared_from = [](double m) { return [m](double v) { return (v - m) * (v - m); }; };
  for (const NoiseMode mode : {NoiseMode::one, NoiseMode::entry}) {
    check_draws(normal_case(mode), {0.3, 0.6}, same, same, 0.3);
    check_draws(normal_case(mode), {0.3, 0.6}, same, squared_from(0.3), 0.36);
  }
  check_draws(student_case(), {0.3, 0.6, 9.0}, same, same, 0.3);
  check_draws(student_case(), {0.3, 0.6, 9.0}, same, squared_from(0.3), 0.36 * 9 / 7);
  for (const double m : {0.2, 6.0, 900.0}) {
    check_draws(count_case(false), {m}, count_of_x, same, m);
    check_draws(count_case(false), {m}, count_of_x, squared_from(m), m);
    check_draws(count_case(true), {m, 2.5}, count_of_x, same, m);
    check_draws(count_case(true), {m, 2.5}, count_of_x, squared_from(m), m + m * m / 2.5);
  }
}

// A count's expected value is the one whose logarithm the output is.
BOOST_AUTO_TEST_CASE(values_are_expectations_in_the_units_of_x) {
  for (const bool dispersed : {false, true}) {
    const Case c = count_case(dispersed);
    const Numbers p = dispersed ? Numbers{7.5, 2} : Numbers{7.5};
    BOOST_TEST(std::abs(count_of_x(c.term->values(row_of(c.outputs(p))).item()) - 7.5) < 1e-5);
  }
  BOOST_TEST(student_case().term->values(row_of({0.25, 0, 0})).item() == 0.25);
}

BOOST_AUTO_TEST_CASE(settings_choose_the_terms) {
  Dataset set;
  set.features = {{"a", FeatureKind::real, 0, 1},
                  {"b", FeatureKind::positive, 1, 1},
                  {"h", FeatureKind::heavy_tailed, 2, 1},
                  {"p", FeatureKind::poisson, 3, 1},
                  {"n", FeatureKind::count, 4, 1},
                  {"y", FeatureKind::binary, 5, 1},
                  {"k", FeatureKind::categorical, 6, 3, {"r", "g", "b"}}};
  set.x = Rows::unread(0, 9);
  set.codec = std::make_shared<TableCodec>(set.features);
  const auto terms = [&](const std::string& settings) {
    const LossSettings loss = read_loss(config_of(settings), set);
    std::string text;
    for (const auto& term : loss.terms) text += term->describe() + "; ";
    return str(text, loss.outputs.network_width(), '+', loss.outputs.trained().size(), '+',
               loss.outputs.fixed().size());
  };
  const std::string others =
      "Student's t of columns 2 to 2; poisson of columns 3 to 3; "
      "negative binomial of columns 4 to 4; bernoulli of columns 5 to 5; "
      "categorical of columns 6 to 8; ";
  const std::string real = " of columns 0 to 1; ";
  BOOST_TEST(terms("{}") == "squared error" + real + others + "9+3+4");  // scale, freedom, dispersion
  BOOST_TEST(terms(R"({"scale": "one"})") == "normal" + real + others + "9+3+4");
  BOOST_TEST(terms(R"({"scale": "column"})") == "normal" + real + others + "9+5+4");
  BOOST_TEST(terms(R"({"scale": "entry"})") == "normal" + real + others + "12+2+4");
  BOOST_TEST(terms(R"({"distortion": "squared_error"})") == "squared error of columns 0 to 8; 9+0+0");

  const auto refusal = [&](const std::string& settings) {
    return error_of([&] { read_loss(config_of(settings), set); });
  };
  BOOST_TEST(contains(refusal(R"({"scale": "row"})"), "scale"));
  BOOST_TEST(contains(refusal(R"({"scale": "one", "least_scale": 0})"), "least_scale"));
  BOOST_TEST(
      contains(refusal(R"({"distortion": "squared_error", "least_scale": 0.1})"), "no noise is learned"));
  set.features = {{"y", FeatureKind::binary, 0, 1}};
  BOOST_TEST(terms(R"({"scale": "one"})") ==
             "bernoulli of columns 0 to 0; 1+0+0");  // one recipe is for all tables
  set.codec = nullptr;
  BOOST_TEST(contains(refusal(R"({"scale": "one"})"), "no real columns"));
}

// beta = 1 and learned noise: the loss is the negative ELBO, and the best model is the distribution itself.
BOOST_AUTO_TEST_CASE(a_model_with_learned_noise_comes_near_the_exact_likelihood) {
  for (const char* scale : {"one", "column"}) {
    Experiment e = experiment_with(str(R"({"scale": ")", scale, "\"}"),
                                   R"({"epochs": 12, "schedule": {"kind": "cosine", "learning_rate": 0.01}})");
    Training training(e);
    for (int i = 0; i < 12; ++i) training.epoch([](int64_t) {});
    const Batch rows = Batches(e.data.test, 2048, LastBatch::keep).get(0);
    Condition::Drawn drawn;
    e.condition.draw(rows, {e.seed, 999, 0}, drawn);
    const auto exact = GaussianConditionals(*e.data.test.gaussian).log_densities(rows, drawn.mask);
    const auto model = log_likelihoods(e, rows, drawn.c, 64, 1, 0);
    double below = 0;
    for (size_t r = 0; r < exact.size(); ++r) below += (exact[r] - model[r].log_p) / double(exact.size());
    BOOST_TEST(std::abs(below) < 0.02, scale << ": " << below << " nats below the exact likelihood");
    // The entropy is a lower bound of the loss, and nearly attained.
    BOOST_TEST_REQUIRE(bool(e.optimum));
    const Estimate excess = estimate_of(test_losses(e, 16, true).excess);
    BOOST_TEST(excess.mean > -4.5 * excess.standard_error);
    BOOST_TEST(excess.mean < 0.05);
  }
  BOOST_TEST(!experiment_with(R"({"scale": "one", "beta": 0.5})", "{}").optimum);
  // Two outputs for each column are not what linear has.
  const auto refused = error_of([] { experiment_with(R"({"scale": "entry"})", "{}"); });
  BOOST_TEST(contains(refused, "loss.scale"));
}

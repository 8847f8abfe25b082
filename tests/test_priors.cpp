// Posteriors with axes. Priors that are no diagonal normal: densities that integrate to 1, draws that follow them, gradients, and what a training and
// a run make of them. The importance-weighted objective.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "autograd/operators.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/likelihood.hpp"
#include "cvae/sampling.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "optimum_helpers.hpp"
#include "tests/gradcheck.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// A prior of `latents` latents for conditions of that width, with random parameters.
std::unique_ptr<Prior> random_prior(const std::string& settings, int64_t condition, int64_t latents,
                                    double spread = 0.3) {
  RandomStream stream(5, 1);
  const Config config(Json{{"prior", Json::parse(settings)}});
  auto prior = make_prior(config, {condition, latents}, stream);
  auto state = state_of(*prior);
  uint64_t step = 0;
  for (auto& [name, tensor] : state) tensor = tensor + normal({7, 7, step++}, tensor.shape(), 0, spread);
  set_state(*prior, state);
  return prior;
}

const std::vector<std::string> kinds = {
    R"({"kind": "mixture", "components": 3, "hidden": [6], "activation": "tanh"})",
    R"({"kind": "flow", "layers": 3, "hidden": [6], "activation": "tanh"})"};

Json settings(const std::string& prior, const std::string& loss = "{}") {
  return {{"name", "priors"},
          {"seed", 3},
          {"data", {{"source", "blobs"}, {"train_rows", 4096}, {"test_rows", 1024}}},
          {"condition", {{"kind", "none"}}},
          {"model",
           {{"encoder", {32}},
            {"decoder", {32}},
            {"latents", 2},
            {"prior", Json::parse(prior)},
            {"batch_norm", false}}},
          {"loss", Json::parse(loss)},
          {"training", {{"epochs", 12}, {"schedule", {{"learning_rate", 0.005}}}}}};
}

Losses trained(Experiment& e) {
  Training training(e);
  for (int i = 0; i < 12; ++i) training.epoch([](int64_t) {});
  return losses_of(test_losses(e, 8, false));
}

}  // namespace

// A posterior with axes e is N(mu, e^T diag(v) e), v = e^log_var: its KL, density, draws and marginals against dense matrices.
BOOST_AUTO_TEST_CASE(a_posterior_with_axes) {
  constexpr int64_t rows = 3, n = 4;
  const auto random = [](uint64_t step, const Shape& shape) {
    return normal({9, 9, step}, shape, 0, 0.7, DType::float64);
  };
  Tensor axes = Tensor::empty({rows, n, n}, DType::float64);
  for (int64_t r = 0; r < rows; ++r) {
    const EigenSystem s = symmetric_eigen(random_covariance(n, n, uint64_t(r) + 1));
    std::ranges::copy(s.vectors.values, axes.data<double>() + r * n * n);
  }
  const DiagonalNormal q{random(1, {rows, n}), random(2, {rows, n}), axes};
  const DiagonalNormal p{random(3, {rows, n}), random(4, {rows, n})};
  const Tensor noise = random(5, {rows, n}), z = reparameterise(q, noise), density = log_density(q, z);
  const Tensor variances = exp(q.marginals().log_var);
  const auto check = [&](const std::function<Tensor(const DiagonalNormal&)>& value) {
    const Function f = [&](const std::vector<Tensor>& in) { return sum(square(value({in[0], in[1], axes}))); };
    const std::vector<Tensor> inputs{q.mu, q.log_var};
    const Tensor one = Tensor::ones({}, DType::float64);
    const std::vector<Tensor> gradients = tape_gradients(f, inputs, {true, true}, one);
    for (size_t k = 0; k < 2; ++k)
      BOOST_TEST(relative_error(at_checked_elements(gradients[k]), numerical_gradient(f, inputs, k, one)) <
                 1e-6);
  };
  for (const bool standard : {true, false}) {
    const Tensor kl = kl_divergence(q, standard ? DiagonalNormal{} : p, Reduction::per_row);
    const Tensor each = kl_divergence(q, standard ? DiagonalNormal{} : p, Reduction::none);
    double mean = 0;
    for (int64_t r = 0; r < rows; ++r) {
      const auto at = [&](const Tensor& t, int64_t i) { return t.data<double>()[r * n + i]; };
      const double* e = axes.data<double>() + r * n * n;
      double expected = 0, distance = 0, log_det = 0;
      for (int64_t i = 0; i < n; ++i) {
        double variance = 0, drawn = at(q.mu, i);
        for (int64_t k = 0; k < n; ++k) {
          variance += e[k * n + i] * e[k * n + i] * std::exp(at(q.log_var, k));
          double along = 0;
          for (int64_t j = 0; j < n; ++j) along += e[k * n + j] * at(noise, j);
          drawn += e[k * n + i] * std::exp(at(q.log_var, k) / 2) * along;
        }
        BOOST_TEST(std::abs(at(variances, i) - variance) < 1e-12);
        BOOST_TEST(std::abs(at(z, i) - drawn) < 1e-12);
        const double m = standard ? 0 : at(p.mu, i), v = standard ? 1 : std::exp(at(p.log_var, i));
        const double shift = at(q.mu, i) - m;
        expected += 0.5 * (variance / v + shift * shift / v - 1 + std::log(v) - at(q.log_var, i));
        BOOST_TEST(std::abs(at(each, i) -
                            0.5 * (variance / v + shift * shift / v - 1 - std::log(variance / v))) < 1e-12);
        distance += at(noise, i) * at(noise, i);
        log_det += at(q.log_var, i);
      }
      BOOST_TEST(std::abs(kl.data<double>()[r] - expected) < 1e-12);
      BOOST_TEST(std::abs(density.data<double>()[r] +
                          0.5 * (distance + log_det + double(n) * std::log(2 * std::numbers::pi))) < 1e-12);
      mean += expected / rows;
    }
    const auto value = [&](Reduction by) { return kl_divergence(q, standard ? DiagonalNormal{} : p, by); };
    BOOST_TEST(std::abs(value(Reduction::mean).item() - mean) < 1e-12);
    for (const Reduction by : {Reduction::mean, Reduction::per_row})
      check([&](const DiagonalNormal& d) { return kl_divergence(d, standard ? DiagonalNormal{} : p, by); });
  }
  check([&](const DiagonalNormal& d) { return reparameterise(d, noise); });
  check([&](const DiagonalNormal& d) { return log_density(d, z); });
  // Several draws at once, and several rows below each other, are those one by one.
  const Tensor two = reparameterise(q, concat(reshape(noise, {1, rows, n}), reshape(noise, {1, rows, n}), 0)),
               below = reparameterise(repeated(q, 2), repeated(noise, 2));
  BOOST_TEST(max(abs(sub(reshape(two, {2 * rows, n}), repeated(z, 2)))).item() < 1e-15);
  BOOST_TEST(max(abs(sub(below, repeated(z, 2)))).item() < 1e-15);
}

BOOST_AUTO_TEST_CASE(densities_integrate_to_one_for_each_condition) {
  constexpr int64_t steps = 400;
  constexpr double reach = 20;
  std::vector<float> grid;
  for (int64_t i = 0; i < steps; ++i)
    for (int64_t k = 0; k < steps; ++k)
      for (const int64_t at : {i, k}) grid.push_back(float(-reach + 2 * reach * (double(at) + 0.5) / steps));
  const Tensor z = Tensor::from(grid, {steps * steps, 2});
  for (const std::string& kind : kinds)
    for (const int64_t width : {0, 3}) {
      const auto prior = random_prior(kind, width, 2);
      for (const double value : {-1.0, 1.0}) {
        const Tensor c = width ? Tensor::full({z.size(0), width}, value) : Tensor();
        double sum = 0;
        for (const double log_p : (*prior)(c).log_density(z).to_vector<double>())
          sum += std::exp(log_p) * std::pow(2 * reach / steps, 2);
        BOOST_TEST(std::abs(sum - 1) < 2e-3, kind << ": " << sum);
      }
    }
}

// vaeac's regulariser of a learned prior, its gradient, and that training sees it.
BOOST_AUTO_TEST_CASE(the_penalty_of_a_learned_prior) {
  const Tensor c = normal({3, 1, 1}, {5, 2});
  const auto prior = random_prior(R"({"kind": "learned", "hidden": [6], "regulariser": 3})", 2, 4, 1.0);
  const ConditionedPrior p = (*prior)(c);
  double expected = 0;
  for (int64_t i = 0; i < 20; ++i) {
    const double mu = p.normal.mu.data<float>()[i], sigma = std::exp(0.5 * p.normal.log_var.data<float>()[i]);
    expected += 3 * (mu * mu / 2e8 + 1e-4 * (sigma - 1 - std::log(sigma))) / 5;
  }
  BOOST_TEST(prior->penalty(p).item() == expected, boost::test_tools::tolerance(1e-4));
  const auto none = random_prior(R"({"kind": "learned", "hidden": [6], "regulariser": 0})", 2, 4);
  BOOST_TEST(!none->penalty((*none)(c)));
  const Function penalty = [&](const std::vector<Tensor>& in) { return prior->penalty({{in[0], in[1]}}); };
  const Tensor one = Tensor::ones({}, DType::float64);
  const std::vector<Tensor> at{normal({3, 1, 2}, {5, 4}, 0, 1, DType::float64),
                               normal({3, 1, 3}, {5, 4}, 0, 1, DType::float64)};
  const std::vector<Tensor> gradients = tape_gradients(penalty, at, {true, true}, one);
  for (size_t k = 0; k < 2; ++k)
    BOOST_TEST(relative_error(gradients[k], Tensor::from(numerical_gradient(penalty, at, k, one), {5, 4})) <
               1e-5);

  Json json = settings(R"({"kind": "learned"})");
  json["data"] = {{"source", "independent_gaussian"}, {"columns", 2}, {"train_rows", 64}, {"test_rows", 64}};
  json["condition"] = {{"kind", "columns"}};
  const auto loss = [&](double regulariser) {
    json["model"]["prior"]["regulariser"] = regulariser;
    Experiment e{Config(json)};
    set_state(*e.model, [&] {
      auto state = state_of(*e.model);
      for (auto& [name, tensor] : state)
        if (name.starts_with("prior.")) tensor = tensor + 0.05;
      return state;
    }());
    Batches batches(e.data.train, 64, LastBatch::keep);
    const Batch& batch = batches.get(0);
    Condition::Drawn drawn;
    e.condition.draw(batch, {1, 2, 3}, drawn);
    const double added =
        e.model->penalty(e.model->prior(drawn.c)) ? e.model->penalty(e.model->prior(drawn.c)).item() : 0;
    return std::pair(elbo(*e.model, batch, drawn.c, e.loss, {1, 2, 4}).loss.item(), e.loss.beta * added);
  };
  const auto with = loss(1e5), without = loss(0);
  BOOST_TEST(without.second == 0);
  BOOST_TEST(with.second > 0.1);
  BOOST_TEST_MESSAGE("penalty " << with.second << " of " << with.first);
  BOOST_TEST(with.first - with.second == without.first, boost::test_tools::tolerance(1e-4));
}

// Means of functions of draws against the same means under the density, on a grid.
BOOST_AUTO_TEST_CASE(draws_follow_the_density) {
  for (const std::string& kind : kinds) {
    const auto prior = random_prior(kind, 0, 2);
    const ConditionedPrior p = (*prior)({});
    constexpr int64_t n = 40000, steps = 400;
    constexpr double reach = 20;
    const Tensor z = p.draw(normal({1, 2, 3}, {n, 2}), uniform({1, 2, 4}, {n, 1}));
    std::vector<float> grid;
    for (int64_t i = 0; i < steps * steps; ++i)
      for (const int64_t at : {i / steps, i % steps})
        grid.push_back(float(-reach + 2 * reach * (double(at) + 0.5) / steps));
    const auto log_p = p.log_density(Tensor::from(grid, {steps * steps, 2})).to_vector<double>();
    const std::vector<std::function<double(double, double)>> functions = {
        [](double a, double) { return a; }, [](double, double b) { return b; },
        [](double a, double b) { return a * b; }, [](double a, double) { return a * a; },
        [](double a, double b) { return std::cos(2 * a - b); }};
    for (const auto& f : functions) {
      double expected = 0;
      for (size_t i = 0; i < log_p.size(); ++i)
        expected += std::exp(log_p[i]) * std::pow(2 * reach / steps, 2) * f(grid[2 * i], grid[2 * i + 1]);
      const float* at = z.data<float>();
      const double apart = deviation(n, expected, [&](int64_t i) { return f(at[2 * i], at[2 * i + 1]); });
      BOOST_TEST(std::abs(apart) < 4.5, kind << ": " << apart << " standard errors");
    }
    // The normal that stands for it latent by latent has its mean and variance; the flow's are those of 64 draws.
    const DiagonalNormal moments = p.moments();
    for (int64_t l = 0; l < 2; ++l) {
      const float* at = z.data<float>() + l;
      const double mean = moments.mu.data<float>()[l], variance = std::exp(moments.log_var.data<float>()[l]);
      const bool exact = kind.find("mixture") != std::string::npos;
      const double m = deviation(n, mean, [&](int64_t i) { return double(at[2 * i]); });
      const double v = deviation(n, variance, [&](int64_t i) { return std::pow(at[2 * i] - mean, 2); });
      BOOST_TEST(std::abs(m) < (exact ? 4.5 : 60));  // in standard errors of 40,000 draws
      BOOST_TEST(std::abs(v) < (exact ? 4.5 : 80));
    }
  }
}

// A mixture of one component is the learned prior, and a flow that has not been trained is N(0, I).
BOOST_AUTO_TEST_CASE(what_they_are_in_simple_cases) {
  const Tensor z = normal({1, 2, 3}, {20, 3}), c = normal({1, 2, 4}, {20, 2});
  RandomStream stream(5, 1);
  const Config flow(Json::parse(R"({"prior": {"kind": "flow"}})"));
  const auto identity = make_prior(flow, {2, 3}, stream);
  BOOST_TEST(relative_error((*identity)(c).log_density(z), log_density(DiagonalNormal{}, z)) < 1e-6);
  BOOST_TEST((*identity)(c).draw(z, {}).to_vector() == z.to_vector());

  const auto one = random_prior(R"({"kind": "mixture", "components": 1, "hidden": [6]})", 2, 3);
  const ConditionedPrior p = (*one)(c);
  BOOST_TEST(relative_error(p.log_density(z), log_density(p.moments(), z)) < 1e-5);

  // The first mixture has the mean and variance of N(0, I), on average over its components.
  const Config mixture(Json::parse(R"({"prior": {"kind": "mixture", "components": 400}})"));
  const auto many = make_prior(mixture, {0, 2}, stream);
  const DiagonalNormal first = (*many)({}).moments();
  for (int64_t l = 0; l < 2; ++l) {
    BOOST_TEST(std::abs(first.mu.data<float>()[l]) < 4.5 * 0.5 / 20);  // 0.5: the spread of 400 means
    BOOST_TEST(std::abs(first.log_var.data<float>()[l]) < 0.1);
  }
}

// In float32, the parameters' own type: to the rounding of differences.
BOOST_AUTO_TEST_CASE(gradients_are_those_of_differences) {
  const Tensor z = normal({1, 2, 3}, {6, 3}), c = normal({1, 2, 4}, {6, 2});
  for (const std::string& kind : kinds) {
    const auto prior = random_prior(kind, 2, 3);
    const auto loss = [&](const Tensor& at) { return mean((*prior)(c).log_density(at)); };
    std::vector<std::pair<Tensor, Tensor>> checked;  // value and gradient
    {
      Tape tape;
      Tensor at = z.clone();
      at.set_requires_grad();
      tape.backward(loss(at));
      checked.emplace_back(at, at.grad().clone());
      for (const NamedTensor& t : prior->named_tensors())
        checked.emplace_back(*t.tensor, t.tensor->grad().clone());
    }
    const NoGrad no_grad;
    for (auto& [tensor, gradient] : checked) {
      const Tensor at = checked.front().first;
      std::vector<double> differences, slopes = gradient.to_vector();
      for (int64_t i = 0; i < tensor.numel(); ++i) {
        float& value = tensor.data<float>()[i];
        const float before = value, h = 1e-2F;
        value = before + h;
        const double above = loss(at).item();
        value = before - h;
        const double below = loss(at).item();
        value = before;
        differences.push_back((above - below) / (2 * double(h)));
      }
      double apart = 0, norm = 1e-4;
      for (size_t i = 0; i < slopes.size(); ++i)
        apart += std::pow(slopes[i] - differences[i], 2), norm += std::pow(differences[i], 2);
      BOOST_TEST(std::sqrt(apart / norm) < 0.02, kind);
    }
  }
}

// Three clusters: N(0, I) is not the distribution of any good code of them, a mixture is.
BOOST_AUTO_TEST_CASE(a_prior_of_the_right_form_lowers_the_kl) {
  Experiment standard{Config(settings(R"({"kind": "standard"})", R"({"beta": 0.2})"))};
  const Losses before = trained(standard);
  for (const char* prior : {R"({"kind": "mixture", "components": 4})", R"({"kind": "flow"})"}) {
    Experiment e{Config(settings(prior, R"({"beta": 0.2})"))};
    const Losses after = trained(e);
    BOOST_TEST(after.loss.mean < before.loss.mean - 0.02,
               prior << ' ' << after.loss.mean << ' ' << before.loss.mean);
    // The estimate of the likelihood uses the prior's density, the samples its draws: they agree on the data's spread.
    const Tensor z = sample_prior(*e.model, {}, 4096, {9, 9, 9});
    const Tensor x = decoded_values(*e.model, e.loss, z, {});
    const Batch rows = Batches(e.data.test, 1024, LastBatch::keep).get(0);
    for (int64_t i = 0; i < x.size(1); ++i) {
      const Tensor made = slice(x, 1, i, i + 1), real = slice(rows.x, 1, i, i + 1);
      BOOST_TEST(std::abs(mean(made).item() - mean(real).item()) < 0.5);
      BOOST_TEST(variance(made, {}, 0).item() > 0.6 * variance(real, {}, 0).item());
    }
  }
}

BOOST_AUTO_TEST_CASE(the_importance_weighted_objective) {
  Experiment e{Config(settings(R"({"kind": "mixture", "components": 3})", R"({"beta": 0.5})"))};
  trained(e);
  const Evaluating evaluating(*e.model);
  const Batch batch = Batches(e.data.test, 256, LastBatch::keep).get(0);
  const Tensor weight = Tensor::full({}, 0.5);
  LossSettings loss = e.loss;
  const auto mean_loss = [&](int64_t samples) {
    loss.samples = samples;
    std::vector<double> losses;
    for (uint64_t i = 0; i < 200; ++i)
      losses.push_back(iwae(*e.model, batch, {}, loss, {4, 5, i}, weight).loss.item());
    return estimate_of(losses);
  };
  // One sample: the ELBO. More: lower, by steps that are far above their standard errors.
  const Estimate one = mean_loss(1), five = mean_loss(5), fifty = mean_loss(50);
  loss.samples = 0;
  std::vector<double> elbos;
  for (uint64_t i = 0; i < 200; ++i)
    elbos.push_back(elbo(*e.model, batch, {}, loss, {4, 6, i}, {0.5, 0}).loss.item());
  const Estimate negative_elbo = estimate_of(elbos);
  BOOST_TEST(std::abs(one.mean - negative_elbo.mean) <
             4.5 * std::hypot(one.standard_error, negative_elbo.standard_error));
  BOOST_TEST(five.mean < one.mean - 4.5 * std::hypot(five.standard_error, one.standard_error));
  BOOST_TEST(fifty.mean < five.mean - 4.5 * std::hypot(five.standard_error, fifty.standard_error));
  // -beta times the estimate of the likelihood with as many samples, but for the constant of squared error.
  std::vector<double> estimates;
  for (uint64_t i = 0; i < 40; ++i) {
    double sum = 0;
    for (const Likelihood& l : log_likelihoods(e, batch, {}, 50, 77, i)) sum += l.log_p / 256;
    estimates.push_back(-0.5 * (sum + double(batch.x.size(1)) * std::log(M_PI * 0.5) / 2));
  }
  const Estimate likelihood = estimate_of(estimates);
  BOOST_TEST(std::abs(likelihood.mean - fifty.mean) <
             4.5 * std::hypot(likelihood.standard_error, fifty.standard_error));
}

BOOST_AUTO_TEST_CASE(training_by_importance_weights) {
  Experiment elbo_run{Config(settings(R"({"kind": "standard"})", R"({"beta": 0.2})"))},
      iwae_run{
          Config(settings(R"({"kind": "standard"})", R"({"beta": 0.2, "objective": "iwae", "samples": 8})"))};
  trained(elbo_run), trained(iwae_run);
  const Batch rows = Batches(elbo_run.data.test, 1024, LastBatch::keep).get(0);
  const auto likelihood = [&](const Experiment& e) {
    double sum = 0;
    for (const Likelihood& l : log_likelihoods(e, rows, {}, 200, 3, 0)) sum += l.log_p / 1024;
    return sum;
  };
  BOOST_TEST(likelihood(iwae_run) > likelihood(elbo_run));
}

BOOST_AUTO_TEST_CASE(what_does_not_go_together_is_refused) {
  const auto refusal = [](const Json& json) { return error_of([&] { Experiment e{Config(json)}; }); };
  const std::string mixture = R"({"kind": "mixture"})";
  Json json = settings(R"({"kind": "flow"})");
  json["model"]["latents"] = 1;
  BOOST_TEST(contains(refusal(json), "it needs at least 2"));
  BOOST_TEST(contains(refusal(settings(mixture, R"({"free_nats": 0.1})")), "loss.free_nats"));
  BOOST_TEST(contains(refusal(settings(mixture, R"({"autoencoder": true})")), "model.prior"));
  BOOST_TEST(contains(refusal(settings(R"({"kind": "standard"})", R"({"samples": 3})")), "loss.samples"));
  for (const char* loss : {R"("beta": 0)", R"("free_nats": 0.1)", R"("capacity": 2)", R"("autoencoder": true)"})
    BOOST_TEST(contains(
        refusal(settings(R"({"kind": "standard"})", str(R"({"objective": "iwae", )", loss, "}"))), "loss."));
}

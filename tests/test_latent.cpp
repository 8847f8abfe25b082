// The latent variable: posterior and prior as diagonal Gaussians, their KL, draws from them, and a prior that is learned.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "gradcheck.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t rows = 5, latents = 3;

DiagonalNormal distribution(uint64_t seed, DType dtype = DType::float64) {
  return {normal({seed, 1, 1}, {rows, latents}, 0.3, 1.0, dtype),
          normal({seed, 1, 2}, {rows, latents}, -0.2, 0.7, dtype)};
}

// log N(z; mu, e^log_var)
double log_density(double z, double mu, double log_var) {
  return -0.5 * (std::log(2 * M_PI) + log_var + (z - mu) * (z - mu) * std::exp(-log_var));
}

// Four columns: two are given at random, and all of them hang together.
Json settings(const char* changes) {
  Json json = Json::parse(R"({"name": "latent", "seed": 5,
    "data": {"source": "correlated_gaussian", "train_rows": 6400, "test_rows": 2000,
             "covariance": [[1, 0.8, 0.6, 0], [0.8, 1, 0.5, 0], [0.6, 0.5, 1, 0], [0, 0, 0, 1]]},
    "model": {"encoder": [32], "latents": 3, "decoder": [32]},
    "training": {"epochs": 4, "schedule": {"kind": "cosine", "learning_rate": 0.005}}})");
  json.merge_patch(Json::parse(changes));
  return json;
}

constexpr auto learned = R"({"model": {"prior": {"kind": "learned", "hidden": [16]}}})";

Json model_of(const Experiment& e) { return Json::parse(e.resolved).at("model"); }

}  // namespace

BOOST_AUTO_TEST_CASE(the_kl_to_the_standard_normal_is_the_op) {
  const DiagonalNormal q = distribution(1, DType::float32);
  for (const Reduction reduction :
       {Reduction::none, Reduction::per_row, Reduction::per_column, Reduction::mean})
    BOOST_TEST(kl_divergence(q, {}, reduction).to_vector() ==
               gaussian_kl(q.mu, q.log_var, reduction).to_vector());
  Tensor mu = q.mu.clone();
  mu.set_requires_grad();
  Tape tape;
  kl_divergence({mu, q.log_var}, {}, Reduction::mean);
  BOOST_TEST(tape.nodes() == 1U);  // one op, and no tensor of zeros
}

BOOST_AUTO_TEST_CASE(the_kl_is_the_closed_form_in_every_shape) {
  const DiagonalNormal q = distribution(1), p = distribution(2);
  std::vector<double> each, per_row(rows, 0), per_column(latents, 0);
  double mean = 0;
  for (int64_t i = 0; i < rows * latents; ++i) {
    const double d = q.mu.data<double>()[i] - p.mu.data<double>()[i], lq = q.log_var.data<double>()[i],
                 lp = p.log_var.data<double>()[i];
    each.push_back(0.5 * (lp - lq + (std::exp(lq) + d * d) / std::exp(lp) - 1));
    per_row[size_t(i / latents)] += each.back();
    per_column[size_t(i % latents)] += each.back() / double(rows);
    mean += each.back() / double(rows);
  }
  const auto error = [&](Reduction reduction, const std::vector<double>& expected) {
    return relative_error(kl_divergence(q, p, reduction).to_vector(), expected);
  };
  BOOST_TEST(error(Reduction::none, each) < 1e-12);
  BOOST_TEST(error(Reduction::per_row, per_row) < 1e-12);
  BOOST_TEST(error(Reduction::per_column, per_column) < 1e-12);
  BOOST_TEST(error(Reduction::mean, {mean}) < 1e-12);
  for (const double k : kl_divergence(q, q, Reduction::none).to_vector()) BOOST_TEST(std::abs(k) < 1e-15);
}

BOOST_AUTO_TEST_CASE(the_kl_is_the_mean_of_the_log_ratio_under_q) {
  constexpr int64_t draws = 40000;
  const DiagonalNormal q = distribution(3), p = distribution(4);
  std::vector<double> ratios;
  for (int64_t d = 0; d < draws; ++d) {
    const Tensor z = reparameterise(q, normal({9, 9, uint64_t(d)}, {rows, latents}, 0.0, 1.0, DType::float64));
    double ratio = 0;
    for (int64_t i = 0; i < rows * latents; ++i) {
      const double at = z.data<double>()[i];
      ratio += log_density(at, q.mu.data<double>()[i], q.log_var.data<double>()[i]) -
               log_density(at, p.mu.data<double>()[i], p.log_var.data<double>()[i]);
    }
    ratios.push_back(ratio / double(rows));
  }
  const Estimate estimate = estimate_of(ratios);
  BOOST_TEST(std::abs(estimate.mean - kl_divergence(q, p, Reduction::mean).item()) <
             4 * estimate.standard_error);
  BOOST_TEST(estimate.standard_error < 0.05);
}

BOOST_AUTO_TEST_CASE(its_gradients_reach_posterior_and_prior) {
  const DiagonalNormal q = distribution(5), p = distribution(6);
  const std::vector<Tensor> inputs = {q.mu, q.log_var, p.mu, p.log_var};
  const Function f = [](const std::vector<Tensor>& t) {
    return kl_divergence({t[0], t[1]}, {t[2], t[3]}, Reduction::mean);
  };
  const Tensor one = Tensor::full({}, 1.0, DType::float64);
  const auto gradients = tape_gradients(f, inputs, {true, true, true, true}, one);
  for (size_t i = 0; i < inputs.size(); ++i)
    BOOST_TEST(relative_error(at_checked_elements(gradients[i]), numerical_gradient(f, inputs, i, one)) < 1e-7);
}

BOOST_AUTO_TEST_CASE(draws_of_the_default_prior_are_the_noise_itself) {
  Experiment e{Config(settings("{}"))};
  BOOST_TEST(e.model->has_standard_prior());
  BOOST_TEST(e.model->prior(Tensor()).normal.is_standard());
  const Tensor z = sample_prior(*e.model, Tensor(), 7, sampling_noise(11, 3, 2));
  BOOST_TEST(z.to_vector() ==
             normal({11, stream::sampling, uint64_t{3} << 32 | 2}, {7, e.model->latents()}).to_vector());
}

BOOST_AUTO_TEST_CASE(the_default_is_not_told_so_that_older_runs_stay_the_same) {
  const Experiment left_out{Config(settings("{}"))},
      named{Config(settings(R"({"model": {"prior": {"kind": "standard"}}})"))}, own{Config(settings(learned))};
  BOOST_TEST(!model_of(left_out).contains("prior"));
  BOOST_TEST(left_out.resolved == named.resolved);
  BOOST_TEST(model_of(own).at("prior").dump() ==
             R"({"kind":"learned","regulariser":1.0,"hidden":[16],"activation":"relu"})");
  const Experiment again{Config(Json::parse(own.resolved))};
  BOOST_TEST(again.resolved == own.resolved);
}

BOOST_AUTO_TEST_CASE(a_learned_prior_starts_as_the_standard_normal_and_comes_nearer_to_the_posteriors) {
  Experiment e{Config(settings(learned))};
  Batch batch = Batches(e.data.test, 2000, LastBatch::keep).get(0);
  Condition::Drawn drawn;
  e.condition.draw(batch, {5, stream::evaluation_masks, 0}, drawn);
  struct Kl {
    double to_prior, to_standard;
  };
  const auto kl = [&] {
    const Evaluating evaluating(*e.model);
    const Posterior q = e.model->encode(batch.input, drawn.c);
    return Kl{kl_divergence(q, e.model->prior(drawn.c).normal, Reduction::mean).item(),
              kl_divergence(q, {}, Reduction::mean).item()};
  };
  const Kl before = kl();
  BOOST_TEST(before.to_prior == before.to_standard, boost::test_tools::tolerance(1e-6));
  Training training(e);
  for (int epoch = 0; epoch < 4; ++epoch) training.epoch([](int64_t) {});
  const Kl after = kl();
  BOOST_TEST(after.to_prior < 0.95 * after.to_standard);

  // The losses that are reported are those of the prior that was learned.
  const Losses losses = losses_of(test_losses(e, 1, false));
  BOOST_TEST(std::abs(losses.kl.mean - after.to_prior) < 4 * losses.kl.standard_error);
  double moved = 0;
  for (const auto& [name, tensor] : state_of(*e.model))
    if (name == "prior.mu.weight" || name == "prior.log_var.weight")
      for (const double w : tensor.to_vector()) moved = std::max(moved, std::abs(w));
  BOOST_TEST(moved > 0.01);
}

// z = mu + sd * noise, and rows with another condition have another prior.
BOOST_AUTO_TEST_CASE(draws_of_a_learned_prior_depend_on_the_condition) {
  Experiment e{Config(settings(learned))};
  auto state = state_of(*e.model);
  state.at("prior.mu.weight") = normal({1, 1, 1}, state.at("prior.mu.weight").shape());
  state.at("prior.log_var.bias") = Tensor::full({3}, -1);
  set_state(*e.model, state);
  const int64_t width = e.condition.width();
  const Tensor c = normal({2, 2, 2}, {4, width}), z = sample_prior(*e.model, c, 4, sampling_noise(1, 2));
  const Tensor noise = normal(sampling_noise(1, 2), {4, 3});
  const DiagonalNormal p = e.model->prior(c).normal;
  for (int64_t i = 0; i < 12; ++i)
    BOOST_TEST(std::abs(z.data<float>()[i] -
                        (p.mu.data<float>()[i] + std::exp(-0.5) * noise.data<float>()[i])) < 1e-5);
  BOOST_TEST(p.mu.data<float>()[0] != p.mu.data<float>()[3]);
}

BOOST_AUTO_TEST_CASE(priors_that_do_not_fit_are_refused) {
  const auto message = [](const char* changes) {
    return error_of([&] { Experiment{Config(settings(changes))}; });
  };
  BOOST_TEST(message(R"({"model": {"prior": {"kind": "learnt"}}})") ==
             "model.prior.kind: must be one of \"standard\", \"learned\", \"mixture\", \"flow\", not "
             "\"learnt\"; did you mean "
             "\"learned\"?");
  BOOST_TEST(contains(message(R"({"model": {"prior": {"hidden": [4]}}})"),
                      "model.prior.hidden: there is no such setting"));
  BOOST_TEST(contains(message(R"({"condition": {"kind": "none"}, "model": {"prior": {"kind": "learned"}}})"),
                      "model.prior.kind: a learned prior is one of the condition"));
  BOOST_TEST(message(R"({"loss": {"autoencoder": true}, "model": {"prior": {"kind": "learned"}}})") ==
             "model.prior: an autoencoder has no prior: leave it out");
}

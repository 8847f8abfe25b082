// The loss of an autoencoder: distortion at the posterior's mean, no noise, no KL; and what it does to training,
// evaluation and the settings that speak of a KL.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"
#include "gradcheck.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

constexpr int64_t rows = 7, latents = 3;

// The output is z itself, and the posterior is the one passed to the constructor.
struct Identity : Cvae {
  Tensor mu, log_var;
  Posterior encode_here(const Tensor&, const Tensor&) override { return {mu, log_var}; }
  Tensor decode_here(const Tensor& z, const Tensor&) override { return z; }
  int64_t latents() const override { return mu.size(1); }
};

Dataset real_set() {
  Dataset set;
  set.x = Rows(normal({1, 1, 1}, {rows, latents}));
  set.features = real_features(latents);
  return set;
}

LossSettings loss_of(const Json& json) { return read_loss(Config(json), real_set()); }

const Json autoencoder = {{"autoencoder", true}};

Experiment experiment_of(const char* changes) {
  Json settings = Json::parse(R"({"name": "ae", "seed": 3,
    "data": {"source": "correlated_gaussian", "covariance": [[4, 1, 0, 0], [1, 3, 0, 0], [0, 0, 0.6, 0.2], [0, 0, 0.2, 0.4]],
             "train_rows": 20000, "test_rows": 20000},
    "condition": {"kind": "none"}, "loss": {"autoencoder": true},
    "model": {"encoder": [], "latents": 2, "decoder": []},
    "training": {"epochs": 6, "batch_rows": 64, "schedule": {"kind": "cosine", "learning_rate": 0.02}}})");
  settings.merge_patch(Json::parse(changes));
  return Experiment(Config(settings));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_loss_is_the_distortion_at_the_mean) {
  const Dataset set = real_set();
  const Batch batch = Batches(set, rows, LastBatch::keep).get(0);
  Identity model;
  model.mu = normal({1, 2, 1}, {rows, latents});
  model.log_var = normal({1, 2, 2}, {rows, latents});
  double expected = 0;
  for (int64_t i = 0; i < rows * latents; ++i)
    expected += std::pow(double(model.mu.data<float>()[i]) - batch.x.data<float>()[i], 2) / double(rows);
  for (const uint64_t noise : {1, 2}) {
    const Elbo e = elbow::elbo(model, batch, Tensor(), loss_of(autoencoder), {noise, 2, 4});
    BOOST_TEST(std::abs(e.distortion.item() - expected) < 1e-5);
    BOOST_TEST(e.loss.item() == e.distortion.item());
    BOOST_TEST(e.kl.item() == 0);
  }
  const Elbo vae = elbow::elbo(model, batch, Tensor(), loss_of(Json::object()), {1, 2, 4});
  BOOST_TEST(vae.distortion.item() > expected + 1);  // the noise of a VAE costs something here
  BOOST_TEST(vae.kl.item() > 0);
}

BOOST_AUTO_TEST_CASE(its_kl_is_zero_in_every_shape) {
  const Posterior q{normal({1, 2, 1}, {rows, latents}), normal({1, 2, 2}, {rows, latents})};
  for (const Reduction reduction :
       {Reduction::none, Reduction::per_row, Reduction::per_column, Reduction::mean}) {
    const Tensor kl = kl_of(loss_of(autoencoder), q, {}, {}, reduction),
                 of_vae = gaussian_kl(q.mu, q.log_var, reduction);
    BOOST_TEST((kl.shape() == of_vae.shape()));
    for (const double k : kl.to_vector()) BOOST_TEST(k == 0);
    const LossSettings vae = loss_of(Json::object());
    BOOST_TEST((kl_of(vae, q, {}, {}, reduction).to_vector() == of_vae.to_vector()));
  }
}

BOOST_AUTO_TEST_CASE(its_gradient_reaches_the_mean_alone) {
  Batch batch;
  batch.x = batch.input = normal({1, 1, 1}, {rows, latents}, 0.0, 1.0, DType::float64);
  const LossSettings loss = loss_of(autoencoder);
  const Function f = [&](const std::vector<Tensor>& inputs) {
    Identity model;
    model.mu = inputs[0], model.log_var = inputs[1];
    return elbow::elbo(model, batch, Tensor(), loss, {1, 2, 4}).loss;
  };
  const std::vector<Tensor> inputs = {normal({1, 2, 1}, {rows, latents}, 0.0, 1.0, DType::float64),
                                      normal({1, 2, 2}, {rows, latents}, 0.0, 1.0, DType::float64)};
  const Tensor one = Tensor::full({}, 1.0, DType::float64);
  const auto gradients = tape_gradients(f, inputs, {true, true}, one);
  BOOST_TEST(relative_error(at_checked_elements(gradients[0]), numerical_gradient(f, inputs, 0, one)) < 1e-6);
  if (gradients[1])
    for (const double g : gradients[1].to_vector()) BOOST_TEST(g == 0);
  for (const double g : numerical_gradient(f, inputs, 1, one)) BOOST_TEST(g == 0);
}

BOOST_AUTO_TEST_CASE(settings_of_the_kl_are_refused) {
  BOOST_TEST(loss_of(autoencoder).beta == 0);
  const auto message = [](const char* json) { return error_of([&] { loss_of(Json::parse(json)); }); };
  BOOST_TEST(message(R"({"autoencoder": true, "beta": 0})") == "no error");
  BOOST_TEST(message(R"({"autoencoder": true, "beta": 1})") == "beta: an autoencoder has no KL: leave it out");
  BOOST_TEST(
      contains(message(R"({"autoencoder": true, "kl_warmup_steps": 5})"), "kl_warmup_steps: an autoencoder"));
  BOOST_TEST(contains(message(R"({"autoencoder": true, "free_nats": 0.1})"), "free_nats: an autoencoder"));
  BOOST_TEST(contains(message(R"({"autoencoder": true, "capacity": 0})"), "capacity: an autoencoder"));
  BOOST_TEST(contains(message(R"({"autoencoder": 1})"), "autoencoder"));
}

// A linear autoencoder with k latents loses the variance along all but the first k principal axes (Baldi & Hornik 1989):
// here the eigenvalues of [[0.6, 0.2], [0.2, 0.4]], whose sum is 1.
BOOST_AUTO_TEST_CASE(a_linear_one_finds_the_principal_plane) {
  Experiment e = experiment_of("{}");
  BOOST_TEST(e.optimum == nullptr);  // the optimum of a VAE does not hold for it
  const auto log_var = [&] {
    std::vector<float> values;
    for (const auto& [name, tensor] : state_of(*e.model))
      if (contains(name, "log_var")) {
        const auto more = tensor.to_vector<float>();
        values.insert(values.end(), more.begin(), more.end());
      }
    return values;
  };
  const auto before = log_var();
  BOOST_TEST_REQUIRE(!before.empty());
  Training training(e);
  Losses last;
  for (int epoch = 0; epoch < 6; ++epoch) last = training.epoch([](int64_t) {});
  BOOST_TEST(last.loss.mean == last.distortion.mean);
  BOOST_TEST(last.kl.mean == 0);
  BOOST_TEST((log_var() == before));  // nothing has moved what it does not use

  const RowLosses once = test_losses(e, 1, false), often = test_losses(e, 5, false);
  BOOST_TEST((once.distortion == often.distortion));
  for (const double k : once.kl) BOOST_TEST_REQUIRE(k == 0);
  const Losses losses = losses_of(once);
  BOOST_TEST(losses.loss.mean == losses.distortion.mean);
  BOOST_TEST(losses.loss.standard_error < 0.02);
  BOOST_TEST(std::abs(losses.loss.mean - 1) < 4 * losses.loss.standard_error);
}

BOOST_AUTO_TEST_CASE(the_evaluation_by_columns_knows_no_active_latent) {
  Experiment e =
      experiment_of(R"({"condition": {"kind": "columns"}, "data": {"train_rows": 640, "test_rows": 640},
                                   "model": {"encoder": [8], "decoder": [8]}})");
  const RowLosses losses = test_losses(e, 2, false);
  const auto counts = per_count_results(e, losses);
  BOOST_TEST(counts.size() == 5U);
  for (const CountResult& c : counts) {
    BOOST_TEST(c.kl.mean == 0);
    BOOST_TEST(c.active == 0);
    BOOST_TEST((c.distortion.mean > 0) == (c.given < 4));  // what is given is copied
  }
  BOOST_TEST(latent_scatter(e).x.size() == 640U);
}

// Posterior matching: a finished VAE whose prior alone is trained.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "cvae/checkpoint.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

// Runs of three correlated columns, in a folder that goes away.
struct Runs {
  TemporaryFolder folder;

  Json settings(const std::string& name) const {
    return {{"name", name},
            {"data",
             {{"source", "correlated_gaussian"},
              {"covariance", {{2, 1.2, -0.5}, {1.2, 1.5, 0.3}, {-0.5, 0.3, 1}}},
              {"train_rows", 2048},
              {"test_rows", 1024}}},
            {"training", {{"epochs", 6}, {"schedule", {{"learning_rate", 0.004}}}}}};
  }
  Json vae() const {
    Json json = settings("vae");
    json["condition"] = {{"kind", "none"}};
    json["model"] = {{"encoder", {32}}, {"decoder", {32}}, {"latents", 3}};
    json["loss"] = {{"scale", "column"}};
    return json;
  }
  Json matched() const {
    Json json = settings("matched");
    json["model"] = {
        {"kind", "matched"}, {"vae", path("vae")}, {"prior", {{"kind", "learned"}, {"hidden", {32}}}}};
    json["loss"] = {{"scale", "column"}};
    return json;
  }
  std::string path(const std::string& name) const { return (folder.path / name).string(); }

  // Trains it and writes what a matched model reads.
  void train_vae() const {
    Experiment e{Config(vae())};
    Training training(e);
    for (int i = 0; i < 6; ++i) training.epoch([](int64_t) {});
    std::filesystem::create_directory(path("vae"));
    write_file_atomically(path("vae") + "/config.json", e.resolved);
    save_model(path("vae") + "/model.safetensors", e, 6);
  }
};

std::map<std::string, std::vector<float>> weights_of_vae(const Experiment& e) {
  std::map<std::string, std::vector<float>> out;
  for (const auto& [name, tensor] : state_of(*e.model))
    if (name.starts_with("vae.")) out[name] = tensor.to_vector<float>();
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_prior_alone_is_trained) {
  const Runs runs;
  runs.train_vae();
  Experiment e{Config(runs.matched())};
  Training training(e);
  const auto before = weights_of_vae(e);
  BOOST_TEST(before.size() > 8u);
  BOOST_TEST(before.contains("vae.noise"));
  int64_t prior_parameters = 0;
  for (const FlatParameter& p : training.parameters().list()) {
    BOOST_TEST(p.name.starts_with("prior."));
    prior_parameters += p.numel;
  }
  BOOST_TEST(prior_parameters == e.model->parameters());
  const Losses first = losses_of(test_losses(e, 1, false));
  for (int i = 0; i < 6; ++i) training.epoch([](int64_t) {});
  const Losses last = losses_of(test_losses(e, 1, false));
  BOOST_TEST((weights_of_vae(e) == before));
  BOOST_TEST(last.distortion.mean == first.distortion.mean);  // q, the decoder and the noise are the same
  BOOST_TEST(last.kl.mean < first.kl.mean - 0.3);
}

// Encoder and decoder are those of the VAE, in training mode too, whatever the condition is.
BOOST_AUTO_TEST_CASE(encoder_and_decoder_are_those_of_the_vae) {
  const Runs runs;
  runs.train_vae();
  Experiment vae{Config(runs.vae())}, matched{Config(runs.matched())};
  load_model(runs.path("vae") + "/model.safetensors", *vae.model);
  vae.model->train(false);
  Training training(matched);
  training.begin_epoch();
  BOOST_TEST(matched.model->training());
  const Batch batch = Batches(vae.data.test, 64, LastBatch::keep).get(0);
  Condition::Drawn drawn;
  matched.condition.draw(batch, {1, 2, 3}, drawn);
  const Posterior p = vae.model->encode(batch.input, {}), q = matched.model->encode(batch.input, drawn.c);
  BOOST_TEST((p.mu.to_vector() == q.mu.to_vector() && p.log_var.to_vector() == q.log_var.to_vector()));
  BOOST_TEST((vae.model->decode(p.mu, {}).to_vector() == matched.model->decode(p.mu, drawn.c).to_vector()));
}

// A run says what its VAE was: to be opened again it does not need the VAE's folder.
BOOST_AUTO_TEST_CASE(a_finished_run_does_without_the_vae) {
  const Runs runs;
  runs.train_vae();
  Experiment e{Config(runs.matched())};
  Training training(e);
  training.epoch([](int64_t) {});
  save_model(runs.path("matched.safetensors"), e, 1);
  std::filesystem::remove_all(runs.path("vae"));
  Experiment again{Config(Json::parse(e.resolved))};
  load_model(runs.path("matched.safetensors"), *again.model);
  BOOST_TEST(losses_of(test_losses(again, 1, false)).loss.mean ==
             losses_of(test_losses(e, 1, false)).loss.mean);
  BOOST_TEST(contains(error_of([&] { Training training(again); }), "model.vae: "));
}

BOOST_AUTO_TEST_CASE(what_is_no_vae_is_refused) {
  const Runs runs;
  const auto refusal = [&](const Json& json) { return error_of([&] { Experiment e{Config(json)}; }); };
  BOOST_TEST(contains(refusal(runs.matched()), "is not the folder of a run"));
  runs.train_vae();
  BOOST_TEST(refusal(runs.matched()) == "no error");
  Json json = runs.matched();
  json["model"].erase("prior");
  BOOST_TEST(contains(refusal(json), "model.prior: is all that is trained"));
  json = runs.matched();
  json["condition"] = {{"kind", "none"}};
  BOOST_TEST(contains(refusal(json), "matched is for a condition"));
  json = runs.matched();
  json.erase("loss");  // the VAE has a noise scale among its tensors
  Experiment other{Config(json)};
  BOOST_TEST(contains(error_of([&] { Training training(other); }), "noise"));

  std::filesystem::rename(runs.path("vae"), runs.path("other"));
  json = runs.vae();
  json.erase("condition");
  std::filesystem::create_directory(runs.path("vae"));
  write_bytes(runs.path("vae") + "/config.json", json.dump());
  BOOST_TEST(contains(refusal(runs.matched()), "has a condition of its own"));
}

#include <nlohmann/json.hpp>

#include "autograd/ops.hpp"
#include "base/files.hpp"
#include "cvae/models/models.hpp"
#include "data/description.hpp"
#include "data/table_codec.hpp"
#include "nn/safetensors.hpp"

namespace elbow {
namespace {

namespace fs = std::filesystem;

class MatchedCvae : public Cvae {
 public:
  MatchedCvae(std::unique_ptr<Cvae> vae, fs::path run, const Config& config)
      : vae_(std::move(vae)), run_(std::move(run)), config_(config) {
    submodule("vae", *vae_);
    vae_->freeze();
  }
  int64_t latents() const override { return vae_->latents(); }
  bool trains_prior_alone() const override { return true; }

  // Takes the weights of the VAE, which must have been trained on rows of the same columns, scaled in the same way.
  void fit(const Dataset& train) override {
    const fs::path weights = run_ / "model.safetensors";
    if (!fs::exists(weights)) config_.fail("vae", weights.string() + " is not there: is the run finished?");
    if (fs::exists(run_ / "data.json") && !same_columns(read_description(run_ / "data.json").train, train))
      config_.fail("vae",
                   run_.string() + " was trained on other columns, or on columns that are scaled otherwise");
    try {
      set_state(*vae_, load_safetensors(weights).tensors);
    } catch (const Error& e) { config_.fail("vae", str(weights.string(), ": ", e.what())); }
  }

 private:
  Posterior encode_here(const Tensor& input, const Tensor&) override { return vae_->encode(input, {}); }
  Tensor decode_here(const Tensor& z, const Tensor&) override { return vae_->decode(z, {}); }

  static bool same_columns(const Dataset& a, const Dataset& b) {
    const TableCodec p = codec_of(a), q = codec_of(b);
    const auto same_feature = [](const Feature& f, const Feature& g) {
      return f.name == g.name && f.kind == g.kind && f.width == g.width;
    };
    const auto same_scale = [](const Scale& s, const Scale& t) { return s.mean == t.mean && s.sd == t.sd; };
    return std::ranges::equal(p.features(), q.features(), same_feature) &&
           std::ranges::equal(p.scales(), q.scales(), same_scale);
  }

  std::unique_ptr<Cvae> vae_;
  fs::path run_;
  Config config_;
};

// The section `model` of the VAE's run.
Json architecture_of(const Config& config, const fs::path& run) {
  const fs::path file = run / "config.json";
  if (!fs::exists(file)) config.fail("vae", run.string() + " is not the folder of a run");
  const Json vae = read_json(file);
  const Json condition = vae.value("condition", Json::object()), loss = vae.value("loss", Json::object());
  if (condition.value("kind", "columns") != "none")
    config.fail("vae", "its model has a condition of its own (condition.kind): a VAE has none");
  if (loss.value("autoencoder", false)) config.fail("vae", "an autoencoder has no posteriors to match");
  return vae.value("model", Json::object());
}

}  // namespace

std::unique_ptr<Cvae> make_matched_cvae(const Config& config, const ModelSizes& sizes, RandomStream&,
                                        RandomStream& dropout) {
  const fs::path run = config.get<std::string>("vae");
  if (sizes.condition == 0)
    config.fail("kind", "matched is for a condition, and there is none (condition.kind)");
  Json architecture = config.get("architecture", Json());
  if (architecture.is_null()) {
    architecture = architecture_of(config, run);
    config.settle("architecture", architecture);
  }
  const Config section(architecture, "", "model.architecture");
  ModelSizes unconditional = sizes;
  unconditional.condition = 0;
  unconditional.masked = false;
  auto vae = make_model(section, unconditional, 0, dropout);
  section.done();
  return std::make_unique<MatchedCvae>(std::move(vae), run, config);
}

}  // namespace elbow

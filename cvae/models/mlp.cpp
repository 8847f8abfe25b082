#include "cvae/models/mlp.hpp"

#include <cmath>

namespace elbow {
namespace {

// Adds the hidden layers to `net`; returns the width of the last one.
int64_t add_hidden(Sequential& net, int64_t in, const std::vector<int64_t>& widths, const MlpSettings& s,
                   RandomStream& initialisation, RandomStream& dropout) {
  const Init around_one{Init::Law::normal, 0.02, 1};
  for (int64_t out : widths) {
    net.emplace<Linear>(in, out, s.weights, s.biases, initialisation);
    if (s.batch_norm) net.emplace<BatchNorm1d>(out, around_one, initialisation);
    net.emplace<ActivationLayer>(s.activation);
    if (s.dropout > 0) net.emplace<Dropout>(s.dropout, dropout);
    in = out;
  }
  return in;
}

}  // namespace

MlpCvae::MlpCvae(const MlpSettings& s, const ModelSizes& sizes, RandomStream& initialisation,
                 RandomStream& dropout)
    : latents_(s.latents) {
  const int64_t top =
      add_hidden(encoder_, sizes.input + sizes.condition, s.encoder, s, initialisation, dropout);
  const Init head{Init::Law::uniform,
                  1 / std::sqrt(double(top))};  // small: the first posteriors are near N(0, 1)
  mu_ = std::make_unique<Linear>(top, latents_, head, head, initialisation);
  log_var_ = std::make_unique<Linear>(top, latents_, head, head, initialisation);
  const int64_t last = add_hidden(decoder_, latents_ + sizes.condition, s.decoder, s, initialisation, dropout);
  decoder_.emplace<Linear>(last, sizes.columns, s.weights, s.biases, initialisation);
  part("encoder", encoder_);
  part("mu", *mu_);
  part("log_var", *log_var_);
  part("decoder", decoder_);
}

Posterior MlpCvae::encode(const Tensor& input, const Tensor& c) {
  const Tensor h = encoder_(with_condition(input, c));
  return {(*mu_)(h), (*log_var_)(h)};
}

Tensor MlpCvae::decode(const Tensor& z, const Tensor& c) { return decoder_(with_condition(z, c)); }

std::unique_ptr<Cvae> make_mlp_cvae(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                                    RandomStream& dropout) {
  MlpSettings s;
  s.encoder = config.get<std::vector<int64_t>>("encoder", s.encoder, at_least(1));
  s.latents = config.get<int64_t>("latents", s.latents, at_least(1));
  s.decoder = config.get<std::vector<int64_t>>("decoder", s.decoder, at_least(1));
  s.activation = config.choice("activation", ActivationLayer::names(), s.activation);
  s.batch_norm = config.get<bool>("batch_norm", s.batch_norm);
  Range probability = between(0, 1);
  probability.high_included = false;
  s.dropout = config.get<double>("dropout", s.dropout, probability);
  const Config init = config.section("init");
  const auto laws = init_law_names();
  s.weights.law = init_law(init.choice("weights", laws, "xavier_normal"));
  s.weights.scale = init.get<double>("weight_scale", s.weights.scale, at_least(0));
  s.biases.law = init_law(init.choice("biases", laws, "normal"));
  s.biases.scale = init.get<double>("bias_scale", s.biases.scale, at_least(0));
  return std::make_unique<MlpCvae>(s, sizes, initialisation, dropout);
}

}  // namespace elbow

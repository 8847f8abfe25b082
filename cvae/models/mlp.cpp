#include "cvae/models/models.hpp"

#include <cmath>

#include "cvae/models/stacks.hpp"

namespace elbow {
std::unique_ptr<Cvae> make_mlp_cvae(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                                    RandomStream& dropout) {
  using Widths = std::vector<int64_t>;
  const auto encoder_widths = config.get<Widths>("encoder", {64, 64, 64}, at_least(1));
  const auto latents = config.get<int64_t>("latents", 64, at_least(1));
  const auto decoder_widths = config.get<Widths>("decoder", {64, 64, 64}, at_least(1));
  const LayerStyle style = read_layer_style(config, sizes.rows);
  const LayerStreams streams{initialisation, dropout};
  auto base = read_base(config, sizes);
  const int64_t known = sizes.condition + (base ? base->columns() : 0);

  auto encoder = std::make_unique<Sequential>();
  const int64_t top = add_hidden_layers(*encoder, sizes.input + known, encoder_widths, style, streams);
  const Init head{Init::Distribution::uniform,
                  1 / std::sqrt(double(top))};  // small: the first posteriors are near N(0, 1)
  auto mu = std::make_unique<Linear>(top, latents, head, head, initialisation);
  auto log_var = std::make_unique<Linear>(top, latents, head, head, initialisation);
  auto decoder = std::make_unique<Sequential>();
  const int64_t last = add_hidden_layers(*decoder, latents + known, decoder_widths, style, streams);
  // What is added to a base starts small.
  const LinearInit outputs = base ? near_prior() : style.init;
  decoder->emplace<Linear>(last, sizes.network_outputs(), outputs.weights, outputs.biases, initialisation);
  return std::make_unique<StackedCvae>(
      Stacks{std::move(encoder), std::move(mu), std::move(log_var), std::move(decoder)}, latents,
      std::move(base));
}

}  // namespace elbow

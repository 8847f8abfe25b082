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
  const LayerStyle style = read_layer_style(config);
  const LayerStreams streams{initialisation, dropout};

  auto encoder = std::make_unique<Sequential>();
  const int64_t top =
      add_hidden_layers(*encoder, sizes.input + sizes.condition, encoder_widths, style, streams);
  const Init head{Init::Distribution::uniform,
                  1 / std::sqrt(double(top))};  // small: the first posteriors are near N(0, 1)
  auto mu = std::make_unique<Linear>(top, latents, head, head, initialisation);
  auto log_var = std::make_unique<Linear>(top, latents, head, head, initialisation);
  auto decoder = std::make_unique<Sequential>();
  const int64_t last = add_hidden_layers(*decoder, latents + sizes.condition, decoder_widths, style, streams);
  decoder->emplace<Linear>(last, sizes.network_outputs(), style.init.weights, style.init.biases,
                           initialisation);
  return std::make_unique<StackedCvae>(
      Stacks{std::move(encoder), std::move(mu), std::move(log_var), std::move(decoder)}, latents);
}

}  // namespace elbow

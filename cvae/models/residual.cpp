#include "cvae/models/models.hpp"

#include "cvae/models/stacks.hpp"

namespace elbow {
namespace {

using Widths = std::vector<int64_t>;

// Residual layers one behind the other; the last one has an activation only if asked for.
std::unique_ptr<Layer> stack(int64_t in, const Widths& widths, bool activate_last, const ResidualStyle& style,
                             LayerStreams streams) {
  auto net = std::make_unique<Sequential>();
  for (size_t i = 0; i < widths.size(); ++i) {
    const bool activate = activate_last || i + 1 < widths.size();
    net->emplace<ResidualBlock>(in, widths[i], activate, style, streams);
    in = widths[i];
  }
  return net;
}

// With mu and log_var of the widths that `latent` reads from the configuration.
template <class ReadLatent>
std::unique_ptr<Cvae> make(const Config& config, const ModelSizes& sizes, RandomStream& initialisation,
                           RandomStream& dropout, ReadLatent read_latent) {
  const auto encoder = config.get<Widths>("encoder", {64, 64, 128, 128, 256, 256, 512, 512}, at_least(1));
  const Widths latent = read_latent();
  auto decoder = config.get<Widths>("decoder", {512, 256, 256, 128, 128, 64, 64}, at_least(1));
  decoder.push_back(sizes.network_outputs());
  ResidualStyle style{read_layer_style(config, sizes.rows)};
  style.bottleneck = config.get<int64_t>("bottleneck", style.bottleneck, at_least(1));
  style.zero_init_residual = config.get<bool>("zero_init_residual", style.zero_init_residual);
  ResidualStyle head = style;
  head.init = near_prior();
  const LayerStreams streams{initialisation, dropout};

  const int64_t input = sizes.input + sizes.condition, top = encoder.empty() ? input : encoder.back();
  Stacks s;
  s.encoder = stack(input, encoder, true, style, streams);
  s.mu = stack(top, latent, false, head, streams);
  s.log_var = stack(top, latent, false, head, streams);
  s.decoder = stack(latent.back() + sizes.condition, decoder, false, style, streams);
  return std::make_unique<StackedCvae>(std::move(s), latent.back());
}

}  // namespace

std::unique_ptr<Cvae> make_residual_cvae(const Config& config, const ModelSizes& sizes,
                                         RandomStream& initialisation, RandomStream& dropout) {
  return make(config, sizes, initialisation, dropout,
              [&] { return Widths{config.get<int64_t>("latents", 64, at_least(1))}; });
}

std::unique_ptr<Cvae> make_residual_extended_cvae(const Config& config, const ModelSizes& sizes,
                                                  RandomStream& initialisation, RandomStream& dropout) {
  return make(config, sizes, initialisation, dropout, [&] {
    const auto latent = config.get<Widths>("latent", {512, 512}, at_least(1));
    if (latent.empty()) config.fail("latent", "needs at least one width: the last is the number of latents");
    return latent;
  });
}

}  // namespace elbow

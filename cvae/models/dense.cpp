#include "cvae/models/models.hpp"

#include "cvae/models/stacks.hpp"

namespace elbow {
namespace {

using Blocks = std::vector<std::vector<int64_t>>;

Blocks read_blocks(const Config& config, const std::string& key, const Blocks& fallback) {
  const auto blocks = config.get<Blocks>(key, fallback, at_least(1));
  if (blocks.empty()) config.fail(key, "needs at least one block, a list of the widths of its layers");
  return blocks;
}

void refuse_empty(const Config& config, const std::string& key, const Blocks& blocks) {
  for (size_t i = 0; i < blocks.size(); ++i)
    if (blocks[i].empty()) config.fail(str(key, '[', i, ']'), "a block needs the width of at least one layer");
}

// Blocks one behind the other; with `output`, the last layer of the last one is a Linear alone.
std::unique_ptr<Layer> stack(int64_t in, const Blocks& blocks, const LayerStyle& style, LayerStreams streams,
                             const std::optional<LinearInit>& output = {}) {
  auto net = std::make_unique<Sequential>();
  for (size_t i = 0; i < blocks.size(); ++i) {
    const bool last = i + 1 == blocks.size();
    net->emplace<DenseBlock>(in, blocks[i], style, streams, last ? output : std::nullopt);
    in = blocks[i].back();
  }
  return net;
}

}  // namespace

std::unique_ptr<Cvae> make_dense_cvae(const Config& config, const ModelSizes& sizes,
                                      RandomStream& initialisation, RandomStream& dropout) {
  const Blocks encoder =
      read_blocks(config, "encoder", {{32, 32, 32, 128}, {32, 32, 32, 256}, {32, 32, 32, 512}});
  const Blocks latent = read_blocks(config, "latent", {{32, 32, 32, 512}, {32, 32, 32, 128}});
  Blocks decoder = read_blocks(config, "decoder", {{32, 32, 32, 256}, {32, 32, 32, 128}, {32, 32, 32}});
  decoder.back().push_back(sizes.network_outputs());
  refuse_empty(config, "encoder", encoder);
  refuse_empty(config, "latent", latent);
  refuse_empty(config, "decoder", decoder);
  const LayerStyle style = read_layer_style(config, sizes.rows);
  const LayerStreams streams{initialisation, dropout};

  const int64_t top = encoder.back().back(), latents = latent.back().back();
  Stacks s;
  s.encoder = stack(sizes.input + sizes.condition, encoder, style, streams);
  s.mu = stack(top, latent, style, streams, near_prior());
  s.log_var = stack(top, latent, style, streams, near_prior());
  s.decoder = stack(latents + sizes.condition, decoder, style, streams, style.init);
  return std::make_unique<StackedCvae>(std::move(s), latents);
}

}  // namespace elbow

#include "cvae/priors/prior_net.hpp"

namespace elbow {

int64_t add_prior_layers(Sequential& net, int64_t in, const Config& config, const std::vector<int64_t>& widths,
                         RandomStream& initialisation) {
  const auto hidden = config.get<std::vector<int64_t>>("hidden", widths, at_least(1));
  const std::string activation = config.choice("activation", ActivationLayer::names(), "relu");
  for (const int64_t out : hidden) {
    net.emplace<Linear>(in, out, initialisation);
    net.emplace<ActivationLayer>(activation);
    in = out;
  }
  return in;
}

}  // namespace elbow

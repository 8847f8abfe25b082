#include "cvae/models/stacks.hpp"

#include <cmath>

namespace elbow {

StackedCvae::StackedCvae(Stacks stacks, int64_t latents) : stacks_(std::move(stacks)), latents_(latents) {
  submodule("encoder", *stacks_.encoder);
  submodule("mu", *stacks_.mu);
  submodule("log_var", *stacks_.log_var);
  submodule("decoder", *stacks_.decoder);
}

Posterior StackedCvae::encode_here(const Tensor& input, const Tensor& c) {
  const Tensor h = (*stacks_.encoder)(with_condition(input, c));
  return {(*stacks_.mu)(h), (*stacks_.log_var)(h)};
}

Tensor StackedCvae::decode_here(const Tensor& z, const Tensor& c) {
  return (*stacks_.decoder)(with_condition(z, c));
}

LayerStyle read_layer_style(const Config& config) {
  LayerStyle s;
  s.activation = config.choice("activation", ActivationLayer::names(), s.activation);
  s.batch_norm = config.get<bool>("batch_norm", s.batch_norm);
  Limits probability = between(0, 1);
  probability.high_included = false;
  s.dropout = config.get<double>("dropout", s.dropout, probability);
  s.init = read_init(config, s.init);
  return s;
}

LinearInit read_init(const Config& config, LinearInit init) {
  const Config section = config.section("init");
  const auto distributions = init_distribution_names();
  const auto name_of_distribution = [&](const Init& i) { return distributions[size_t(i.distribution)]; };
  init.weights.distribution =
      init_distribution(section.choice("weights", distributions, name_of_distribution(init.weights)));
  init.weights.scale = section.get<double>("weight_scale", init.weights.scale, at_least(0));
  init.biases.distribution =
      init_distribution(section.choice("biases", distributions, name_of_distribution(init.biases)));
  init.biases.scale = section.get<double>("bias_scale", init.biases.scale, at_least(0));
  return init;
}

LinearInit near_prior() {  // Kaiming's variance is 2 / inputs
  return {{Init::Distribution::kaiming_uniform, 1 / std::sqrt(6.0)}, {Init::Distribution::constant, 0}};
}

}  // namespace elbow

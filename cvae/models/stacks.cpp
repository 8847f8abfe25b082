#include "cvae/models/stacks.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/operators.hpp"

namespace elbow {

StackedCvae::StackedCvae(Stacks stacks, int64_t latents, std::unique_ptr<GaussianBase> base)
    : stacks_(std::move(stacks)), latents_(latents), base_(std::move(base)) {
  submodule("encoder", *stacks_.encoder);
  submodule("mu", *stacks_.mu);
  submodule("log_var", *stacks_.log_var);
  submodule("decoder", *stacks_.decoder);
  if (base_) submodule("base", *base_);
}

void StackedCvae::fit(const Dataset& train) {
  if (base_) base_->fit(train);
}

// [t, c], and what the base expects.
Tensor StackedCvae::with_known(const Tensor& t, const Tensor& c) {
  const Tensor known = with_condition(t, c);
  return base_ ? concat(known, base_->expected(c), 1) : known;
}

Posterior StackedCvae::encode_here(const Tensor& input, const Tensor& c) {
  const Tensor h = (*stacks_.encoder)(with_known(input, c));
  return {(*stacks_.mu)(h), (*stacks_.log_var)(h)};
}

Tensor StackedCvae::decode_here(const Tensor& z, const Tensor& c) {
  const Tensor y = (*stacks_.decoder)(with_known(z, c));
  return base_ ? y + base_->added_to_outputs(c) : y;
}

std::unique_ptr<GaussianBase> read_base(const Config& config, const ModelSizes& sizes) {
  if (config.choice("base", {"none", "gaussian"}, "none") == "none") return nullptr;
  if (!sizes.masked) config.fail("base", "gaussian expects a condition of columns, each of which may be given");
  auto base = std::make_unique<GaussianBase>(sizes.locations, sizes.network_outputs());
  if (base->columns() < 2 || base->columns() > most_base_columns) return nullptr;
  return base;
}

LayerStyle read_layer_style(const Config& config, int64_t rows) {
  LayerStyle s;
  s.activation = config.choice("activation", ActivationLayer::names(), s.activation);
  s.batch_norm = config.get<bool>("batch_norm", s.batch_norm);
  Limits probability = between(0, 1);
  probability.high_included = false;
  const Json dropout = config.get<Json>("dropout", s.dropout);
  if (dropout == "auto") {
    s.dropout = std::clamp(0.5 * std::sqrt(1000 / double(std::max<int64_t>(rows, 1))), 0.1, 0.5);
    s.dropout = std::round(100 * s.dropout) / 100;
    config.settle("dropout", s.dropout);
  } else if (dropout.is_string()) {
    config.fail("dropout", str("must be a number >= 0 and < 1, or \"auto\", not ", dropout.dump()));
  } else {
    s.dropout = config.get<double>("dropout", s.dropout, probability);
  }
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

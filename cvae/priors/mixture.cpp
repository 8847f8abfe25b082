#include <cmath>
#include <numbers>

#include "autograd/operators.hpp"
#include "cvae/prior.hpp"
#include "cvae/priors/prior_net.hpp"

namespace elbow {
namespace {

constexpr double mean_spread =
    0.5;  // of the first means; with the first variances, 1 - 0.5^2, it adds up to N(0, I)'s

// p(z | c) = sum_k w_k N(mu_k, e^log_var_k). The terms of its ConditionedPrior are the logits of w [rows, components], mu and
// log_var [rows, components, latents].
class MixturePrior : public DensityPrior {
 public:
  MixturePrior(const Config& config, const PriorSizes& sizes, RandomStream& initialisation)
      : components_(config.get<int64_t>("components", 8, between(1, 4096))), latents_(sizes.latents) {
    const int64_t all = components_ * latents_;
    const int64_t in =
        add_prior_layers(hidden_, std::max<int64_t>(sizes.condition, 1), config, {64}, initialisation);
    const Init spread{Init::Distribution::normal, mean_spread},
        rest{Init::Distribution::constant, std::log(1 - mean_spread * mean_spread)};
    logits_ = std::make_unique<Linear>(in, components_, zero_weights, zero_weights, initialisation);
    mu_ = std::make_unique<Linear>(in, all, zero_weights, spread, initialisation);
    log_var_ = std::make_unique<Linear>(in, all, zero_weights, rest, initialisation);
    submodule("hidden", hidden_);
    submodule("logits", *logits_);
    submodule("mu", *mu_);
    submodule("log_var", *log_var_);
  }

  ConditionedPrior operator()(const Tensor& c) override {
    const Tensor h = hidden_(c ? c : Tensor::ones({1, 1}, DType::float32, device()));
    const Shape shape{h.size(0), components_, latents_};
    return {{}, this, {(*logits_)(h), reshape((*mu_)(h), shape), reshape((*log_var_)(h), shape)}};
  }

  Tensor log_density(const ConditionedPrior& p, const Tensor& z) const override {
    const auto& [logits, mu, log_var] = p.terms;
    const Tensor u =
        (reshape(z, {z.size(0), 1, latents_}) - mu) * exp(-0.5 * log_var);  // [rows, components, latents]
    const Tensor each = -0.5 * sum(square(u) + log_var, 2);                 // [rows, components]
    return logsumexp(log_softmax(logits, 1) + each, 1) -
           0.5 * double(latents_) * std::log(2 * std::numbers::pi);
  }

  // The component is the first whose cumulative weight exceeds the choice.
  Tensor draw(const ConditionedPrior& p, const Tensor& noise, const Tensor& choice) const override {
    const auto& [logits, mu, log_var] = p.terms;
    const Tensor w = softmax(logits, 1);
    Tensor z, below, reached = Tensor::zeros({1, 1}, w.dtype(), w.device());  // [rows, 1]
    for (int64_t k = 0; k < components_; ++k) {
      reached = reached + slice(w, 1, k, k + 1);
      const Tensor up_to =
          k + 1 == components_ ? Tensor::ones(choice.shape(), w.dtype(), w.device()) : less(choice, reached);
      const Tensor chosen = below ? up_to - below : up_to;  // 1 or 0
      const DiagonalNormal normal{component(mu, k), component(log_var, k)};
      const Tensor part = chosen * reparameterise(normal, noise);
      z = z ? z + part : part;
      below = up_to;
    }
    return z;
  }

  DiagonalNormal moments(const ConditionedPrior& p) const override {
    const auto& [logits, mu, log_var] = p.terms;
    const Tensor w = reshape(softmax(logits, 1), {logits.size(0), components_, 1});
    const Tensor mean = sum(w * mu, 1);  // [rows, latents]
    const Tensor apart = mu - reshape(mean, {mean.size(0), 1, latents_});
    return {mean, log(sum(w * (exp(log_var) + square(apart)), 1))};
  }

 private:
  Tensor component(const Tensor& t, int64_t k) const {
    return reshape(slice(t, 1, k, k + 1), {t.size(0), latents_});
  }
  int64_t components_, latents_;
  Sequential hidden_;
  std::unique_ptr<Linear> logits_, mu_, log_var_;
};

}  // namespace

std::unique_ptr<Prior> make_mixture_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation) {
  return std::make_unique<MixturePrior>(config, sizes, initialisation);
}

}  // namespace elbow

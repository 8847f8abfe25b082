#include "autograd/operators.hpp"
#include "cvae/prior.hpp"
#include "cvae/priors/prior_net.hpp"

namespace elbow {
namespace {

class LearnedPrior : public Prior {
 public:
  LearnedPrior(const Config& config, const PriorSizes& sizes, RandomStream& initialisation) {
    regulariser_ = config.get<double>("regulariser", 1, at_least(0));
    const int64_t in = add_prior_layers(hidden_, sizes.condition, config, {64}, initialisation);
    mu_ = std::make_unique<Linear>(in, sizes.latents, zero_weights, zero_weights, initialisation);
    log_var_ = std::make_unique<Linear>(in, sizes.latents, zero_weights, zero_weights, initialisation);
    submodule("hidden", hidden_);
    submodule("mu", *mu_);
    submodule("log_var", *log_var_);
  }

  ConditionedPrior operator()(const Tensor& c) override {
    const Tensor h = hidden_(c);
    return {{(*mu_)(h), (*log_var_)(h)}};
  }
  Tensor penalty(const ConditionedPrior& p) const override {
    constexpr double of_mu = 1 / 2e8, of_sigma = 1e-4;
    if (regulariser_ == 0) return {};
    const auto& [mu, log_var, axes] = p.normal;
    const Tensor each = of_mu * square(mu) + of_sigma * (exp(0.5 * log_var) - 1 - 0.5 * log_var);
    return regulariser_ * mean(sum(each, 1));
  }

 private:
  double regulariser_;
  Sequential hidden_;
  std::unique_ptr<Linear> mu_, log_var_;
};

}  // namespace

std::unique_ptr<Prior> make_learned_prior(const Config& config, const PriorSizes& sizes,
                                          RandomStream& initialisation) {
  if (sizes.condition == 0)
    config.fail("kind", "a learned prior is one of the condition, and the model has none (condition.kind)");
  return std::make_unique<LearnedPrior>(config, sizes, initialisation);
}

}  // namespace elbow

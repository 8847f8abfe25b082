#include "cvae/prior.hpp"
#include "cvae/priors/prior_net.hpp"

namespace elbow {
namespace {

class LearnedPrior : public Prior {
 public:
  LearnedPrior(const Config& config, const PriorSizes& sizes, RandomStream& initialisation) {
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

 private:
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

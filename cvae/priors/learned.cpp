#include "cvae/prior.hpp"

#include "nn/layers.hpp"

namespace elbow {
namespace {

constexpr Init zero{Init::Distribution::constant, 0};

class LearnedPrior : public Prior {
 public:
  LearnedPrior(const PriorSizes& sizes, const std::vector<int64_t>& hidden, const std::string& activation,
               RandomStream& initialisation) {
    int64_t in = sizes.condition;
    for (const int64_t out : hidden) {
      hidden_.emplace<Linear>(in, out, initialisation);
      hidden_.emplace<ActivationLayer>(activation);
      in = out;
    }
    mu_ = std::make_unique<Linear>(in, sizes.latents, zero, zero, initialisation);
    log_var_ = std::make_unique<Linear>(in, sizes.latents, zero, zero, initialisation);
    submodule("hidden", hidden_);
    submodule("mu", *mu_);
    submodule("log_var", *log_var_);
  }

  DiagonalNormal operator()(const Tensor& c) override {
    const Tensor h = hidden_(c);
    return {(*mu_)(h), (*log_var_)(h)};
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
  const auto hidden = config.get<std::vector<int64_t>>("hidden", {64}, at_least(1));
  const std::string activation = config.choice("activation", ActivationLayer::names(), "relu");
  return std::make_unique<LearnedPrior>(sizes, hidden, activation, initialisation);
}

}  // namespace elbow

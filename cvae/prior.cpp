#include "cvae/prior.hpp"

#include <cmath>
#include <numbers>

#include "autograd/operators.hpp"

namespace elbow {

Tensor reparameterise(const DiagonalNormal& d, const Tensor& noise) {
  return d.is_standard() ? noise : d.mu + exp(0.5 * d.log_var) * noise;
}

// The KL does not change when z is shifted and scaled. In the coordinates (z - mu_p) / sd_p the prior is N(0, I).
Tensor kl_divergence(const DiagonalNormal& q, const DiagonalNormal& p, Reduction reduction) {
  if (p.is_standard()) return gaussian_kl(q.mu, q.log_var, reduction);
  return gaussian_kl((q.mu - p.mu) * exp(-0.5 * p.log_var), q.log_var - p.log_var, reduction);
}

Tensor log_density(const DiagonalNormal& d, const Tensor& z) {
  const Tensor each = d.is_standard() ? square(z) : square((z - d.mu) * exp(-0.5 * d.log_var)) + d.log_var;
  return -0.5 * sum(each + std::log(2 * std::numbers::pi), 1);
}

Tensor ConditionedPrior::log_density(const Tensor& z) const {
  return other ? other->log_density(*this, z) : elbow::log_density(normal, z);
}
Tensor ConditionedPrior::draw(const Tensor& noise, const Tensor& choice) const {
  return other ? other->draw(*this, noise, choice) : reparameterise(normal, noise);
}
DiagonalNormal ConditionedPrior::moments() const { return other ? other->moments(*this) : normal; }

namespace {

constexpr auto standard = "standard";

using PriorMaker = std::unique_ptr<Prior> (*)(const Config&, const PriorSizes&, RandomStream&);
const std::vector<std::pair<std::string, PriorMaker>> prior_makers = {
    {"learned", make_learned_prior},
    {"mixture", make_mixture_prior},
    {"flow", make_flow_prior},
};

}  // namespace

std::unique_ptr<Prior> make_prior(const Config& model, const PriorSizes& sizes, RandomStream& initialisation) {
  const Config config = model.section("prior");
  std::vector<std::string> kinds{standard};
  for (const auto& [name, maker] : prior_makers) kinds.push_back(name);
  const std::string kind = config.choice("kind", kinds, standard);
  for (const auto& [name, maker] : prior_makers)
    if (name == kind) return maker(config, sizes, initialisation);
  model.leave_out("prior");
  return nullptr;
}

}  // namespace elbow

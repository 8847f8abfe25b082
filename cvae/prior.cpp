#include "cvae/prior.hpp"

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

namespace {

constexpr auto standard = "standard";

using PriorMaker = std::unique_ptr<Prior> (*)(const Config&, const PriorSizes&, RandomStream&);
const std::vector<std::pair<std::string, PriorMaker>> prior_makers = {
    {"learned", make_learned_prior},
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

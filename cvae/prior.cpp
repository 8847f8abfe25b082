#include "cvae/prior.hpp"

#include <cmath>
#include <numbers>

#include "autograd/operators.hpp"

namespace elbow {

namespace {

// x [..., rows, latents] times the matrix of its row, axes [rows, latents, latents] or its transpose.
Tensor turned(const Tensor& x, const Tensor& axes, Trans transposed) {
  std::vector<int64_t> as_matrices(x.shape().sizes().begin(), x.shape().sizes().end());
  as_matrices.insert(as_matrices.end() - 1, 1);
  return reshape(matmul(reshape(x, Shape(as_matrices)), axes, Trans::no, transposed), x.shape());
}

}  // namespace

DiagonalNormal DiagonalNormal::marginals() const {
  if (!axes) return *this;
  const Tensor variance = reshape(exp(log_var), {log_var.size(0), 1, log_var.size(1)});  // along the axes
  return {mu, log(reshape(matmul(variance, square(axes)), log_var.shape()))};
}

DiagonalNormal DiagonalNormal::to(Device device) const {
  if (is_standard()) return {};
  return {mu.to(device), log_var.to(device), axes ? axes.to(device) : axes};
}

Tensor reparameterise(const DiagonalNormal& d, const Tensor& noise) {
  if (d.is_standard()) return noise;
  const Tensor deviation = exp(0.5 * d.log_var);
  if (!d.axes) return d.mu + deviation * noise;
  // The symmetric root of the covariance: where variances are alike, it does not matter which axes were found.
  return d.mu + turned(deviation * turned(noise, d.axes, Trans::yes), d.axes, Trans::no);
}

Tensor kl_divergence(const DiagonalNormal& q, const DiagonalNormal& p, Reduction reduction) {
  if (q.axes) {
    const DiagonalNormal each = q.marginals();
    const Tensor kl = kl_divergence(each, p, reduction);
    if (reduction == Reduction::none || reduction == Reduction::per_column) return kl;
    const Tensor correlation =
        0.5 * sum(each.log_var - q.log_var, 1);  // [rows]: entropies of the marginals - that of q
    return kl + (reduction == Reduction::mean ? mean(correlation) : correlation);
  }
  if (p.is_standard()) return gaussian_kl(q.mu, q.log_var, reduction);
  // The KL does not change when z is shifted and scaled. In the coordinates (z - mu_p) / sd_p the prior is N(0, I).
  return gaussian_kl((q.mu - p.mu) * exp(-0.5 * p.log_var), q.log_var - p.log_var, reduction);
}

Tensor log_density(const DiagonalNormal& d, const Tensor& z) {
  const Tensor deviation = d.is_standard() ? z : z - d.mu;
  const Tensor along = d.axes ? turned(deviation, d.axes, Trans::yes) : deviation;
  const Tensor each = d.is_standard() ? square(z) : square(along * exp(-0.5 * d.log_var)) + d.log_var;
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

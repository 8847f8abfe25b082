#include "cvae/elbo.hpp"

#include "autograd/operators.hpp"

namespace elbow {

LossSettings read_loss(const Config& config) {
  LossSettings s;
  const std::string kind = config.choice("distortion", {"squared_error", "bce"}, "squared_error");
  s.distortion = kind == "bce" ? Distortion::bce : Distortion::squared_error;
  s.beta = config.get<double>("beta", 1.0, at_least(0));
  return s;
}

Tensor distortion_of(Distortion kind, const Tensor& y, const Tensor& x, bool per_row) {
  const Reduction reduction = per_row ? Reduction::per_row : Reduction::mean;
  return kind == Distortion::bce ? bce_with_logits(y, x, reduction) : squared_error(y, x, reduction);
}

Elbo elbo(Cvae& model, const Tensor& x, const Tensor& c, const LossSettings& loss, const RandomKey& noise) {
  const Posterior q = model.encode(x, c);
  const Tensor z = reparameterise(q.mu, q.log_var, noise);
  const Tensor y = model.decode(z, c);
  const Tensor distortion = distortion_of(loss.distortion, y, x, false);
  const Tensor kl = gaussian_kl(q.mu, q.log_var);
  return {distortion + loss.beta * kl, distortion, kl};
}

}  // namespace elbow

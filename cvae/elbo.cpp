#include "cvae/elbo.hpp"

#include <algorithm>

#include "autograd/operators.hpp"
#include "cvae/sampling.hpp"

namespace elbow {

bool LossSettings::is_squared_error() const {
  return std::all_of(terms.begin(), terms.end(),
                     [](const DistortionTerm& p) { return p.kind == FeatureKind::real; });
}

namespace {

// One term for each run of features of one kind, and one for each categorical feature: its columns share a softmax.
std::vector<DistortionTerm> terms_of(const std::vector<Feature>& features) {
  std::vector<DistortionTerm> terms;
  for (const Feature& f : features)
    if (!terms.empty() && terms.back().kind == f.kind && f.kind != FeatureKind::categorical)
      terms.back().width += f.width;
    else
      terms.push_back({f.kind, f.first, f.width});
  return terms;
}

// How far a rise through `steps` steps has come, 0..1.
double risen(int64_t step, int64_t steps) { return step >= steps ? 1.0 : double(step) / double(steps); }

// The columns of one term.
Tensor columns_of(const DistortionTerm& term, const Tensor& t) {
  return term.width == t.size(1) ? t : slice(t, 1, term.first, term.first + term.width);
}

Tensor loss_of(const DistortionTerm& term, const Tensor& y, const Tensor& x, Reduction reduction) {
  switch (term.kind) {
    case FeatureKind::real: return squared_error(y, x, reduction);
    case FeatureKind::binary: return bce_with_logits(y, x, reduction);
    case FeatureKind::categorical: return cross_entropy_with_logits(y, x, reduction);
  }
  return {};
}

// The loss of each row [rows] over the entries that count: those where `counted` [rows, width] is 1.
Tensor counted_loss(const DistortionTerm& term, const Tensor& y, const Tensor& x, const Tensor& counted) {
  if (term.kind == FeatureKind::categorical)  // it counts as a whole
    return loss_of(term, y, x, Reduction::per_row) * reshape(slice(counted, 1, 0, 1), {counted.size(0)});
  return sum(loss_of(term, y, x, Reduction::none) * counted, 1);
}

// What the KL adds to the loss.
Tensor kl_loss(const Posterior& q, const DiagonalNormal& p, const Tensor& kl, const LossSettings& loss,
               const Tensor& weight, const Tensor& capacity) {
  Tensor penalty = kl;
  if (loss.free_nats > 0) {
    const Tensor each = kl_divergence(q, p, Reduction::per_column);  // [latents]
    penalty = sum(maximum(each, Tensor::full({}, loss.free_nats, each.dtype(), each.device())));
  }
  if (loss.has_capacity) penalty = abs(penalty - capacity);
  return weight * penalty;
}

}  // namespace

LossSettings read_loss(const Config& config, const Dataset& data) {
  LossSettings s;
  const bool all_real = std::all_of(data.features.begin(), data.features.end(),
                                    [](const Feature& f) { return f.kind == FeatureKind::real; });
  const std::string kind = config.choice("distortion", {"squared_error", "bce", "by_feature"},
                                         all_real ? "squared_error" : "by_feature");
  if (kind == "by_feature")
    s.terms = terms_of(data.features);
  else
    s.terms = {{kind == "bce" ? FeatureKind::binary : FeatureKind::real, 0, data.columns()}};
  if (kind == "bce" && !data.image)
    config.fail("distortion", "bce expects values in 0..1, which only image data are known to have");
  s.autoencoder = config.get<bool>("autoencoder", false);
  s.beta = config.get<double>("beta", s.autoencoder ? 0.0 : 1.0, at_least(0));
  s.warmup_steps = config.get<int64_t>("kl_warmup_steps", int64_t{0}, at_least(0));
  s.warmup_from = config.get<double>("kl_warmup_from", 0.0, at_least(0));
  if (s.warmup_from > 0 && s.warmup_steps == 0)
    config.fail("kl_warmup_from", "there is no warm-up that it could start: set kl_warmup_steps");
  s.free_nats = config.get<double>("free_nats", 0.0, at_least(0));
  const auto capacity = config.get_optional<double>("capacity", at_least(0));
  s.has_capacity = capacity.has_value();
  s.capacity = capacity.value_or(0);
  s.capacity_steps = config.get<int64_t>("capacity_steps", int64_t{0}, at_least(0));
  if (s.capacity_steps > 0 && !capacity) config.fail("capacity_steps", "there is no `capacity` to rise to");
  if (s.autoencoder) {
    const auto refuse = [&](const char* key) { config.fail(key, "an autoencoder has no KL: leave it out"); };
    if (s.beta > 0) refuse("beta");
    if (s.warmup_steps > 0) refuse("kl_warmup_steps");
    if (s.free_nats > 0) refuse("free_nats");
    if (s.has_capacity) refuse("capacity");
  }
  return s;
}

Tensor counted_entries(const LossSettings& loss, const Batch& batch, const Tensor& c) {
  if (!loss.copies_given) return batch.observed;
  const Tensor withheld = 1 - mask_in(c);
  return batch.observed ? batch.observed * withheld : withheld;
}

Tensor distortion_of(const LossSettings& loss, const Tensor& y, const Batch& batch, const Tensor& c,
                     bool per_row) {
  const Tensor counted = counted_entries(loss, batch, c);
  Tensor total;
  for (const DistortionTerm& term : loss.terms) {
    const Tensor yp = columns_of(term, y), xp = columns_of(term, batch.x);
    Tensor value;
    if (counted) {
      value = counted_loss(term, yp, xp, columns_of(term, counted));
      if (!per_row) value = mean(value);
    } else {
      value = loss_of(term, yp, xp, per_row ? Reduction::per_row : Reduction::mean);
    }
    total = total ? total + value : value;
  }
  return total;
}

Tensor values_of(const LossSettings& loss, const Tensor& y, const Tensor& c) {
  Tensor values;
  for (const DistortionTerm& term : loss.terms) {
    Tensor v = columns_of(term, y);
    if (term.kind == FeatureKind::binary) v = sigmoid(v);
    if (term.kind == FeatureKind::categorical) v = softmax(v, 1);
    values = values ? concat(values, v, 1) : v;
  }
  return loss.copies_given ? where(mask_in(c), values_in(c), values) : values;
}

Tensor kl_of(const LossSettings& loss, const Posterior& q, const DiagonalNormal& p, Reduction reduction) {
  if (!loss.autoencoder) return kl_divergence(q, p, reduction);
  const Tensor zero = Tensor::zeros(q.mu.shape(), q.mu.dtype(), q.mu.device());  // N(0, I) against itself
  return gaussian_kl(zero, zero, reduction);
}

KlTerm kl_term_at(const LossSettings& loss, int64_t step) {
  const double way = risen(step, loss.warmup_steps);
  return {loss.beta * (loss.warmup_from + (1 - loss.warmup_from) * way),
          loss.capacity * risen(step, loss.capacity_steps)};
}

Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight, const Tensor& capacity) {
  const Posterior q = model.encode(batch.input, c);
  const DiagonalNormal p = model.prior(c);
  const Tensor z = sample_posterior(loss, q, noise);
  const Tensor distortion = distortion_of(loss, model.decode(z, c), batch, c, false);
  const Tensor kl = kl_of(loss, q, p, Reduction::mean);
  return {loss.autoencoder ? distortion : distortion + kl_loss(q, p, kl, loss, weight, capacity), distortion,
          kl};
}

Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const KlTerm& term) {
  const auto scalar = [&](double value) { return Tensor::full({}, value, batch.x.dtype(), batch.x.device()); };
  return elbo(model, batch, c, loss, noise, scalar(term.weight), scalar(term.capacity));
}

Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise) {
  return elbo(model, batch, c, loss, noise, kl_term_at(loss));
}

}  // namespace elbow

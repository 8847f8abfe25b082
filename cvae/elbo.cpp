#include "cvae/elbo.hpp"

#include <algorithm>

#include "autograd/operators.hpp"
#include "base/blocks.hpp"
#include "cvae/sampling.hpp"
#include "data/table_codec.hpp"

namespace elbow {

bool LossSettings::is_squared_error() const {
  return std::ranges::all_of(terms, [](const auto& term) { return term->is_squared_error(); });
}
bool LossSettings::is_normal() const {
  return std::ranges::all_of(terms, [](const auto& term) { return term->is_normal(); });
}

namespace {

// Features side by side that one term is for.
struct FeatureRun {
  FeatureKind kind;
  ColumnRange columns;
};

// One for the neighbours of one kind, and one for each categorical feature: its columns share a softmax. What is positive is
// real on the logarithmic scale of x.
std::vector<FeatureRun> runs_of(const std::vector<Feature>& features) {
  std::vector<FeatureRun> runs;
  for (const Feature& f : features) {
    const FeatureKind kind = f.kind == FeatureKind::positive ? FeatureKind::real : f.kind;
    if (!runs.empty() && runs.back().kind == kind && kind != FeatureKind::categorical)
      runs.back().columns.width += f.width;
    else
      runs.push_back({kind, {f.first, f.width}});
  }
  return runs;
}

// How the columns of one feature each are scaled.
struct ColumnScales {
  std::vector<float> means, deviations;
};
ColumnScales scales_of(const Dataset& data, ColumnRange columns) {
  if (!data.codec) throw Error("loss: counts are known of tables only");
  ColumnScales out;
  for (size_t f = 0; f < data.features.size(); ++f) {
    if (data.features[f].first < columns.first || data.features[f].first >= columns.first + columns.width)
      continue;
    out.means.push_back(float(data.codec->scales()[f].mean));
    out.deviations.push_back(float(data.codec->scales()[f].sd));
  }
  return out;
}

// How the noise scale of real and heavy-tailed columns is learned.
struct NoiseSettings {
  NoiseMode mode = NoiseMode::fixed;
  double least = 0.01;
};

DistortionTerms terms_of(const std::vector<FeatureRun>& runs, const Dataset& data, const NoiseSettings& noise,
                         OutputLayout& layout) {
  DistortionTerms terms;
  std::optional<NoiseScale> shared;
  const auto scale_of = [&](ColumnRange columns) {
    return noise_scale_of(noise.mode, columns, noise.least, layout, shared);
  };
  for (const auto& [kind, columns] : runs) switch (kind) {
      case FeatureKind::real:
      case FeatureKind::positive:
        terms.push_back(noise.mode == NoiseMode::fixed ? squared_error_term(columns, layout)
                                                       : normal_term(columns, layout, scale_of(columns)));
        break;
      case FeatureKind::heavy_tailed: terms.push_back(student_term(columns, layout, scale_of(columns))); break;
      case FeatureKind::poisson:
      case FeatureKind::count: {
        const auto [means, deviations] = scales_of(data, columns);
        terms.push_back(count_term(columns, layout, means, deviations, kind == FeatureKind::count));
        break;
      }
      case FeatureKind::binary: terms.push_back(bernoulli_term(columns, layout)); break;
      case FeatureKind::categorical: terms.push_back(categorical_term(columns, layout)); break;
    }
  return terms;
}

NoiseSettings read_noise(const Config& config, const std::vector<FeatureRun>& runs, bool table) {
  const std::vector<std::string> modes = {"fixed", "one", "column", "entry"};
  const std::string mode = config.choice("scale", modes, "fixed");
  NoiseSettings noise;
  noise.mode = NoiseMode(std::ranges::find(modes, mode) - modes.begin());
  const auto any = [&](FeatureKind kind) {
    return std::ranges::any_of(runs, [&](const FeatureRun& r) { return r.kind == kind; });
  };
  // One recipe is to fit all tables, also those without numbers.
  if (noise.mode != NoiseMode::fixed && !table && !any(FeatureKind::real) && !any(FeatureKind::heavy_tailed))
    config.fail("scale", "there are no real columns under this distortion whose noise it could be");
  if (noise.mode != NoiseMode::fixed || any(FeatureKind::heavy_tailed))
    noise.least = config.get<double>("least_scale", noise.least, between(1e-6, 0.5));
  else if (config.has("least_scale"))
    config.fail("least_scale", "no noise is learned: set `scale`");
  return noise;
}

// How far a rise through `steps` steps has come, 0..1.
double risen(int64_t step, int64_t steps) { return step >= steps ? 1.0 : double(step) / double(steps); }

// The mean over all rows of the batch, where `mean` is that over the rows of a block. The gradient goes to `mean` as a whole, because
// BlockSteps scales all gradients of a block by its share of the rows.
Tensor over_batch(const Tensor& mean) {
  const Block* block = Block::current();
  if (!block) return mean;
  Tensor all = (mean.detach() * (double(block->rows) / double(block->batch_rows))).to(Device::cpu);
  dispatch(all.dtype(), [&]<class T>() { block->sum(all.data<T>(), all.numel()); });
  return all.to(mean.device()) + (mean - mean.detach());
}

// What the KL adds to the loss. What is compared with a number is the mean over the whole batch.
Tensor kl_loss(const Posterior& q, const ConditionedPrior& p, const Tensor& kl, const LossSettings& loss,
               const Tensor& weight, const Tensor& capacity) {
  Tensor penalty = kl;
  if (loss.free_nats > 0) {
    const Tensor each = over_batch(kl_divergence(q, p.normal, Reduction::per_column));  // [latents]
    penalty = sum(maximum(each, Tensor::full({}, loss.free_nats, each.dtype(), each.device())));
    if (q.axes)
      penalty = penalty + (over_batch(kl) - sum(each));  // the total correlation is no latent's, and not free
  } else if (loss.has_capacity) {
    penalty = over_batch(kl);
  }
  if (loss.has_capacity) penalty = abs(penalty - capacity);
  return weight * penalty;
}

}  // namespace

LossSettings read_loss(const Config& config, const Dataset& data) {
  LossSettings s;
  std::vector<FeatureRun> runs = runs_of(data.features);
  const bool all_real =
      std::ranges::all_of(runs, [](const FeatureRun& r) { return r.kind == FeatureKind::real; });
  const std::string kind = config.choice("distortion", {"squared_error", "bce", "by_feature"},
                                         all_real ? "squared_error" : "by_feature");
  if (kind != "by_feature")
    runs = {{kind == "bce" ? FeatureKind::binary : FeatureKind::real, {0, data.columns()}}};
  if (kind == "bce" && !data.image)
    config.fail("distortion", "bce expects values in 0..1, which only image data are known to have");
  const NoiseSettings noise = read_noise(config, runs, data.codec != nullptr);
  s.least_scale = noise.least;
  OutputLayout counted;
  terms_of(runs, data, noise, counted);  // once to count the outputs, then to place them
  s.outputs = OutputLayout::knowing(counted);
  s.terms = terms_of(runs, data, noise, s.outputs);
  s.autoencoder = config.get<bool>("autoencoder", false);
  s.beta = config.get<double>("beta", s.autoencoder ? 0.0 : 1.0, at_least(0));
  if (config.choice("objective", {"elbo", "iwae"}, "elbo") == "iwae")
    s.samples = config.get<int64_t>("samples", int64_t{5}, between(1, 4096));
  else if (config.has("samples"))
    config.fail("samples", "are those of the objective \"iwae\"");
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
  if (s.samples > 0) {
    if (s.beta == 0) config.fail("beta", "must be above 0: iwae weighs draws by distortion / beta");
    if (s.free_nats > 0) config.fail("free_nats", "is of the objective \"elbo\"");
    if (s.has_capacity) config.fail("capacity", "is of the objective \"elbo\"");
  }
  if (s.autoencoder) {
    if (s.samples > 0) config.fail("objective", "an autoencoder has no posteriors to draw from: leave it out");
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

Tensor distortion_of(const DistortionTerm& term, const Tensor& y, const Tensor& x, const Tensor& counted,
                     bool per_row) {
  if (!counted) return term.loss(y, x, per_row ? Reduction::per_row : Reduction::mean);
  const Tensor weights = term.columns.of(counted);  // [rows, width]
  const Tensor rows = term.is_one_value() ? term.loss(y, x, Reduction::per_row) *
                                                reshape(slice(weights, 1, 0, 1), {weights.size(0)})
                                          : sum(term.loss(y, x, Reduction::none) * weights, 1);
  return per_row ? rows : mean(rows);
}

Tensor distortion_of(const LossSettings& loss, const Tensor& y, const Batch& batch, const Tensor& c,
                     bool per_row) {
  const Tensor counted = counted_entries(loss, batch, c);
  Tensor total;
  for (const auto& term : loss.terms) {
    const Tensor value = distortion_of(*term, y, batch.x, counted, per_row);
    total = total ? total + value : value;
  }
  return total;
}

Tensor values_of(const LossSettings& loss, const Tensor& y, const Tensor& c) {
  Tensor values;
  for (const auto& term : loss.terms) {
    const Tensor v = term->values(y);
    values = values ? concat(values, v, 1) : v;
  }
  return loss.copies_given ? where(mask_in(c), values_in(c), values) : values;
}

namespace {
// That of N(0, I) to itself.
Tensor no_kl(const Posterior& q, Reduction reduction) {
  const Tensor zero = Tensor::zeros(q.mu.shape(), q.mu.dtype(), q.mu.device());
  return gaussian_kl(zero, zero, reduction);
}
}  // namespace

Tensor kl_of(const LossSettings& loss, const Posterior& q, const ConditionedPrior& p, const Tensor& z,
             Reduction reduction) {
  if (loss.autoencoder) return no_kl(q, reduction);
  if (p.is_normal()) return kl_divergence(q, p.normal, reduction);
  // log q as a function of z alone: its gradient by the parameters of q has the expectation 0 and is left out, which leaves less
  // noise the nearer q is to the best one (Roeder, Wu & Duvenaud 2017, "Sticking the Landing").
  const Tensor rows = log_density({q.mu.detach(), q.log_var.detach(), q.axes}, z) - p.log_density(z);
  return reduction == Reduction::mean ? mean(rows) : rows;
}

Tensor kl_of_latents(const LossSettings& loss, const Posterior& q, const ConditionedPrior& p) {
  if (loss.autoencoder) return no_kl(q, Reduction::per_column);
  return kl_divergence(q, p.moments(), Reduction::per_column);
}

KlTerm kl_term_at(const LossSettings& loss, int64_t step) {
  const double way = risen(step, loss.warmup_steps);
  return {loss.beta * (loss.warmup_from + (1 - loss.warmup_from) * way),
          loss.capacity * risen(step, loss.capacity_steps)};
}

Elbo elbo(Cvae& model, const Batch& batch, const Tensor& c, const LossSettings& loss, const RandomKey& noise,
          const Tensor& weight, const Tensor& capacity) {
  if (loss.samples > 0) return iwae(model, batch, c, loss, noise, weight);
  const Posterior q = model.encode(batch.input, c);
  const ConditionedPrior p = model.prior(c);
  const Tensor z = sample_posterior(loss, q, noise);
  const Tensor distortion = distortion_of(loss, model.decode(z, c), batch, c, false);
  const Tensor kl = kl_of(loss, q, p, z, Reduction::mean);
  if (loss.autoencoder) return {distortion, distortion, kl};
  Tensor added = kl_loss(q, p, kl, loss, weight, capacity);
  if (const Tensor penalty = model.penalty(p)) added = added + weight * penalty;
  return {distortion + added, distortion, kl};
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

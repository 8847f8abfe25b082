#include "cvae/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "base/streams.hpp"

namespace elbow {

RandomKey training_noise(uint64_t seed, uint64_t step, const Tensor* state) {
  return {seed, stream::noise, step, state};
}
RandomKey evaluation_noise(uint64_t seed, uint64_t step, const Tensor* state) {
  return {seed, stream::evaluation_noise, step, state};
}
RandomKey validation_noise(uint64_t seed, uint64_t step, const Tensor* state) {
  return {seed, stream::validation_noise, step, state};
}
RandomKey sampling_noise(uint64_t seed, uint64_t step) { return {seed, stream::sampling, step}; }
RandomKey sampling_noise(uint64_t seed, int64_t draw, uint64_t batch) {
  return sampling_noise(seed, uint64_t(draw) << 32 | batch);
}
RandomKey likelihood_noise(uint64_t seed, int64_t draw, uint64_t batch) {
  return {seed, stream::likelihood, uint64_t(draw) << 32 | batch};
}

Tensor repeated(const Tensor& t, int64_t times) {
  if (!t || times == 1) return t;
  std::vector<int64_t> copies(t.shape().sizes().begin(), t.shape().sizes().end()), rows = copies;
  copies.insert(copies.begin(), times);
  rows[0] *= times;
  return reshape(broadcast_to(t, Shape(copies)), Shape(rows));
}

Posterior repeated(const Posterior& q, int64_t times) {
  return {repeated(q.mu, times), repeated(q.log_var, times), repeated(q.axes, times)};
}

Tensor sample_posterior(const LossSettings& loss, const Posterior& q, const RandomKey& noise) {
  if (loss.autoencoder) return q.mu;
  if (!q.axes) return reparameterise(q.mu, q.log_var, noise);
  return reparameterise(q, normal(noise, q.mu.shape(), 0, 1, q.mu.dtype(), q.mu.device()));
}

Tensor sample_prior(Cvae& model, const Tensor& c, int64_t rows, const RandomKey& noise) {
  const Device device = c ? c.device() : Device::cpu;
  return prior_draw(model.prior(c), normal(noise, {rows, model.latents()}, 0, 1, DType::float32, device),
                    noise);
}

Tensor prior_draw(const ConditionedPrior& p, const Tensor& noise, const RandomKey& key) {
  const Device asked = noise.device();
  if (p.is_normal())
    return p.normal.is_standard() ? noise : reparameterise(p.normal, noise.to(p.normal.mu.device())).to(asked);
  const Device here = p.other->device();
  const RandomKey components{key.seed, stream::components, key.step, key.state};
  return p.draw(noise.to(here), uniform(components, {noise.size(0), 1}, 0, 1, DType::float32, here)).to(asked);
}

Tensor prior_points(Cvae& model, const Tensor& c, const Tensor& deviations) {
  const DiagonalNormal p = model.prior(c).moments();
  return reparameterise(p, p.is_standard() ? deviations : deviations.to(model.device()))
      .to(deviations.device());
}

Tensor kl_of_rows(Cvae& model, const LossSettings& loss, const Posterior& q, const Tensor& c, uint64_t seed,
                  uint64_t batch) {
  constexpr int64_t draws = 16;
  const ConditionedPrior p = model.prior(c);
  const Posterior here = q.to(model.device());
  if (p.is_normal() || loss.autoencoder) return kl_of(loss, here, p, {}, Reduction::per_row);
  Tensor total;
  for (int64_t d = 0; d < draws; ++d) {
    const Tensor z = sample_posterior(loss, here, sampling_noise(seed, d, batch));
    const Tensor kl = kl_of(loss, here, p, z, Reduction::per_row);
    total = total ? total + kl : kl;
  }
  return total / double(draws);
}

Tensor decoded_values(Cvae& model, const LossSettings& loss, const Tensor& z, const Tensor& c) {
  return values_of(loss, model.decode(z, c), c);
}

namespace {

// The term that a feature belongs to.
const DistortionTerm& term_of(const LossSettings& loss, const Feature& f) {
  for (const auto& term : loss.terms)
    if (term->columns.first <= f.first && f.first < term->columns.first + term->columns.width) return *term;
  fail("sampling", "the feature ", f.name, " is in no term of the distortion");
}

// The standard normal's distribution function: makes a number in 0..1 of a normal one.
double normal_cdf(double v) { return 0.5 * std::erfc(-v * std::sqrt(0.5)); }

// One-hot of a category drawn from its weights v [width], in place. The output of a model that learnt them by squared
// error may be negative.
void draw_category(float* v, int64_t width, double u) {
  double total = 0;
  for (int64_t k = 0; k < width; ++k) total += std::max(v[k], 0.0f);
  int64_t drawn = std::max_element(v, v + width) - v;
  double rest = u * total;
  for (int64_t k = 0; k < width && total > 0; ++k) {
    if (v[k] <= 0) continue;
    drawn = k;
    if ((rest -= v[k]) < 0) break;
  }
  std::fill_n(v, width, 0.0f);
  v[drawn] = 1;
}

}  // namespace

Tensor observed_values(Cvae& model, const LossSettings& loss, const std::vector<Feature>& features,
                       const Tensor& z, const Tensor& c, Observe observe, const RandomKey& latents) {
  const Tensor y = model.decode(z, c).to(Device::cpu);  // [rows, outputs]
  LossSettings all = loss;
  all.copies_given = false;
  Tensor values = values_of(all, y, c);  // [rows, columns]
  const int64_t rows = values.size(0), columns = values.size(1), width = int64_t(features.size());
  const Tensor normals = normal({latents.seed, stream::observations, latents.step}, {rows, width});
  RandomBits bits({latents.seed, stream::numbers, latents.step});
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t f = 0; f < width; ++f) {
      const Feature& feature = features[size_t(f)];
      const DistortionTerm& term = term_of(loss, feature);
      const float n = normals.data<float>()[r * width + f];
      float* v = values.data<float>() + r * columns + feature.first;
      if (is_numeric(feature.kind)) {
        if (observe.noise || (observe.learned && !term.is_squared_error()))
          *v = term.draw(y.data<float>() + r * y.size(1), feature.first - term.columns.first, *v,
                         {loss.beta, n, bits});
      } else if (observe.learned) {
        if (feature.kind == FeatureKind::categorical) draw_category(v, feature.width, normal_cdf(n));
        if (feature.kind == FeatureKind::binary) *v = normal_cdf(n) < *v ? 1.0f : 0.0f;
      }
    }
  values.mark_written("observed_values");
  return loss.copies_given ? where(mask_in(c).to(Device::cpu), values_in(c).to(Device::cpu), values) : values;
}

double normal_quantile(int64_t i, int64_t n) {
  const double p = (double(i) + 0.5) / double(n);
  if (p > 0.5) return -normal_quantile(n - 1 - i, n);
  // Newton's method. Below the median the distribution function is convex, so from there no step goes too far.
  double x = 0;
  for (double step = 1; std::abs(step) > 1e-13;) {
    const double density = std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    step = (0.5 * std::erfc(-x / std::numbers::sqrt2) - p) / density;
    x -= step;
  }
  return x;
}

Tensor manifold_latents(int64_t steps, int64_t latents, int64_t right, int64_t up) {
  Tensor z = Tensor::zeros({steps * steps, latents});
  float* at = z.data<float>();
  for (int64_t row = 0; row < steps; ++row)
    for (int64_t column = 0; column < steps; ++column, at += latents) {
      at[right] = float(normal_quantile(column, steps));
      at[up] = float(normal_quantile(steps - 1 - row, steps));
    }
  return z;
}

}  // namespace elbow

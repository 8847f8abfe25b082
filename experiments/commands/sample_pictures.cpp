#include "experiments/commands/sample_pictures.hpp"

#include <cmath>
#include <numbers>

#include "autograd/ops.hpp"
#include "cvae/evaluation.hpp"
#include "experiments/commands/generate.hpp"
#include "experiments/commands/latent_kl.hpp"
#include "experiments/commands/picture_output.hpp"
#include "experiments/image_figures.hpp"
#include "experiments/number_text.hpp"

namespace elbow {

void draw_sample_grid(Experiment& e, const Told& told, int64_t rows, const std::filesystem::path& png) {
  if (e.condition.by_label()) return draw_samples(e, png, {told.label(), told.colour(), rows});
  const GridLayout layout;
  const int64_t n = rows * layout.columns;
  const Tensor z = normal(latent_key(e.seed, 0, 0), {n, e.model->latents()});
  write_images(e, png, decoded_pixels(e, z, told.condition(n)), layout);
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

void draw_manifold(Experiment& e, const Told& told, int64_t steps, const std::filesystem::path& png) {
  const int64_t latents = e.model->latents();
  if (latents < 2) throw Error("--manifold: wants a model with two latents or more");
  const Tensor c = told.condition(steps * steps);
  int64_t right = 0, up = 1;
  if (latents > 2) {
    const auto order = latents_by_kl(mean_latent_kl(
        e, [&](const Batch& batch, uint64_t, Condition::Drawn& out) { told.give_own(batch, false, out); }));
    right = order[0], up = order[1];
  }
  GridLayout layout = labelled_layout(e, steps);
  for (int64_t i = 0; i < steps; ++i) {
    layout.row_labels.push_back(str("z", up, " = ", fixed(normal_quantile(steps - 1 - i, steps), 1)));
    layout.column_labels.push_back((i == 0 ? str("z", right, " = ") : "") +
                                   fixed(normal_quantile(i, steps), 1));
  }
  write_images(e, png, decoded_pixels(e, manifold_latents(steps, latents, right, up), c), layout);
}

}  // namespace elbow

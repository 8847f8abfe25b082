#include "experiments/program/commands/sample_pictures.hpp"

#include "autograd/ops.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/latent_plane.hpp"
#include "experiments/program/commands/generate.hpp"
#include "experiments/program/commands/latent_kl.hpp"
#include "experiments/program/commands/picture_output.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/number_text.hpp"

namespace elbow {

void draw_sample_grid(Experiment& e, const Told& told, int64_t rows, const std::filesystem::path& png) {
  if (e.condition.by_attributes()) return draw_samples(e, png, {told.attributes(), rows});
  const GridLayout layout;
  const int64_t n = rows * layout.columns;
  const Tensor z = normal(latent_key(e.seed, 0, 0), {n, e.model->latents()});
  write_images(e, png, decoded_pixels(e, z, told.condition(n)), layout);
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

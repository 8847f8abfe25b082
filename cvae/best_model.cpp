#include "cvae/best_model.hpp"

#include <algorithm>
#include <cmath>

#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "nn/module.hpp"

namespace elbow {
namespace {

// Adds the losses of each row of a batch, in nats; `noise` is that of the first draw.
void add_losses(const Experiment& e, const Batch& batch, const Tensor& c, RandomKey noise,
                LossTerms<double*> out) {
  const ValidationSettings& v = e.training.validation;
  const auto add = [](const Tensor& values, double weight, double* to) {
    for (const double value : values.to_vector<double>()) *to++ += weight * value;
  };
  if (v.iwae) return add(iwae_bounds(*e.model, batch, c, e.loss, v.draws, noise), -e.loss.beta, out.loss);
  const Posterior q = e.model->encode(batch.input, c);
  const ConditionedPrior p = e.model->prior(c);
  const double weight = 1 / double(v.draws);
  for (int64_t d = 0; d < v.draws; ++d, noise.step += uint64_t{1} << 32) {
    const Tensor z = sample_posterior(e.loss, q, noise);
    add(distortion_of(e.loss, e.model->decode(z, c), batch, c, true), weight, out.distortion);
    add(kl_of(e.loss, q, p, z, Reduction::per_row), weight, out.kl);
  }
}

}  // namespace

Losses look_at_validation_rows(const Experiment& e) {
  const Evaluating evaluating(*e.model);
  const ValidationSettings& v = e.training.validation;
  const Device device = e.model->device();
  // All draws of iwae go through the model at once: with many, fewer rows do.
  const int64_t batch_rows =
      v.iwae ? std::max<int64_t>(16, evaluation_batch_rows / v.draws) : evaluation_batch_rows;
  Batches batches(e.data.validation, batch_rows, LastBatch::keep);
  const size_t rows = size_t(e.data.validation.rows());
  std::vector<double> loss(rows), distortion(rows), kl(rows);
  Condition::Drawn drawn;
  for (int64_t b = 0; b < batches.count(); ++b) {
    const Batch& batch = batches.get(b);
    const Batch there = on_device(batch, device);
    const int64_t first = b * batch_rows;
    for (int64_t m = 0; m < v.masks; ++m) {
      const uint64_t step = uint64_t(m * batches.count() + b);
      e.condition.draw(batch, {e.seed, stream::validation_masks, step}, drawn);
      add_losses(e, there, drawn.c ? drawn.c.to(device) : drawn.c, validation_noise(e.seed, step),
                 {loss.data() + first, distortion.data() + first, kl.data() + first});
    }
  }
  for (size_t r = 0; r < rows; ++r) {
    if (!v.iwae) loss[r] = distortion[r] + e.loss.beta * kl[r];
    for (auto* values : {&loss, &distortion, &kl}) (*values)[r] /= double(v.masks);
  }
  if (v.iwae) return {estimate_of(loss), unknown_estimate, unknown_estimate};
  return {estimate_of(loss), estimate_of(distortion), estimate_of(kl)};
}

Losses BestModel::look(int64_t epochs) {
  const ValidationSettings& v = experiment_.training.validation;
  const bool last = epochs == experiment_.training.epochs;
  if (!v.on() || (epochs % v.every != 0 && !last)) return unknown_losses;
  const Losses losses = look_at_validation_rows(experiment_);
  const bool better = std::isfinite(losses.loss.mean) && !(losses.loss.mean >= loss_);
  if (better && all_finite(*experiment_.model)) set(epochs, losses.loss.mean, state_of(*experiment_.model));
  return losses;
}

bool BestModel::out_of_patience(int64_t epochs) const {
  const ValidationSettings& v = experiment_.training.validation;
  return v.on() && v.patience > 0 && epochs % v.every == 0 && epochs - epoch_ >= v.patience;
}

void BestModel::restore() const {
  if (epoch_ > 0) set_state(*experiment_.model, state_);
}

void BestModel::set(int64_t epoch, double loss, std::map<std::string, Tensor> state) {
  epoch_ = epoch, loss_ = loss, state_ = std::move(state);
}

}  // namespace elbow

#include "cvae/best_model.hpp"

#include <cmath>

#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "nn/module.hpp"

namespace elbow {
namespace {

// -beta times the importance-weighted bound of each validation row.
std::vector<double> iwae_losses(const Experiment& e) {
  const Evaluating evaluating(*e.model);
  const Device device = e.model->device();
  Batches batches(e.data.validation, evaluation_batch_rows, LastBatch::keep);
  Condition::Drawn drawn;
  std::vector<double> losses;
  for (int64_t b = 0; b < batches.count(); ++b) {
    const Batch& batch = batches.get(b);
    e.condition.draw(batch, {e.seed, stream::validation_masks, uint64_t(b)}, drawn);
    const Tensor c = drawn.c ? drawn.c.to(device) : drawn.c;
    const auto bounds = iwae_bounds(*e.model, on_device(batch, device), c, e.loss, e.training.validation.draws,
                                    validation_noise(e.seed, uint64_t(b)))
                            .to_vector<double>();
    for (const double bound : bounds) losses.push_back(-e.loss.beta * bound);
  }
  return losses;
}

}  // namespace

Losses look_at_validation_rows(const Experiment& e) {
  const ValidationSettings& v = e.training.validation;
  if (v.iwae) return {estimate_of(iwae_losses(e)), unknown_estimate, unknown_estimate};
  return losses_of(validation_losses(e, v.draws));
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

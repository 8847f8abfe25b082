#include "cvae/block_steps.hpp"

#include <array>

#include "autograd/operators.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "cvae/sampling.hpp"

namespace elbow {
namespace {

// Before anything else is made.
int64_t checked_blocks(const Experiment& e, const Ranks& ranks) {
  const Config training = e.settings.section("training");
  if (e.training.blocks == 0)
    training.fail("blocks", str("0 leaves a batch whole, which ", ranks.size(),
                                " ranks cannot share: resume a run that was begun so without mpirun, or begin "
                                "one with a number of blocks"));
  if (e.training.blocks < ranks.size())
    training.fail("blocks", str(ranks.size(), " ranks need at least as many blocks, not ", e.training.blocks,
                                ": take fewer ranks, or begin a run with ", ranks.size(), " blocks or more"));
  if (e.model->device() != Device::cpu) training.fail("blocks", "are computed on the CPU only: leave it out");
  return e.training.blocks;
}

Tensor rows_of(const Tensor& t, const Block& block) {
  return t ? slice(t, 0, block.first, block.first + block.rows) : t;
}

// What the model sees of the batch.
Batch part_of(const Batch& batch, const Block& block) {
  Batch part;
  part.x = rows_of(batch.x, block);
  part.observed = rows_of(batch.observed, block);
  part.input = batch.observed ? rows_of(batch.input, block) : part.x;
  return part;
}

}  // namespace

BlockSteps::Copy::Copy(const Experiment& e, const FlatParameters& shared)
    : dropout(e.seed, stream::dropout),
      model(make_model(e.settings.section("model"), sizes_of(e.data.train, e.condition, e.loss), e.seed,
                       dropout)),
      parameters(*model, shared) {}

BlockSteps::BlockSteps(Experiment& experiment, FlatParameters& parameters, const Ranks& ranks)
    : experiment_(experiment),
      parameters_(parameters),
      blocks_(ranks, checked_blocks(experiment, ranks), experiment.training.batch_rows) {
  for (int64_t i = 1; i < blocks_.count(); ++i)
    copies_.push_back(std::make_unique<Copy>(experiment, parameters));
}

void BlockSteps::begin_epoch(bool statistics_frozen) {
  const std::vector<NamedTensor> from = experiment_.model->named_tensors();
  for (const auto& copy : copies_) {
    const std::vector<NamedTensor> to = copy->model->named_tensors();
    for (size_t t = 0; t < from.size(); ++t)
      if (!from[t].trained) to[t].tensor->copy_(*from[t].tensor);
    copy->dropout.set_step(experiment_.dropout_stream.state().step);
    copy->model->train();
    copy->model->freeze_statistics(statistics_frozen);
  }
}

LossTerms<double> BlockSteps::gradients(const Batch& batch, const Tensor& c, uint64_t step) {
  const Experiment& e = experiment_;
  std::vector<std::array<double, 2>> losses(
      size_t(blocks_.count()));  // distortion and KL: shares of the batch's
  std::vector<float*> gradients(losses.size());
  blocks_.run([&](int64_t i, const Block& block) {
    Cvae& model = i == 0 ? *e.model : *copies_[size_t(i - 1)]->model;
    FlatParameters& parameters = i == 0 ? parameters_ : copies_[size_t(i - 1)]->parameters;
    parameters.zero_gradients();
    const RandomKey noise = of_block(training_noise(e.seed, step), model.latents());
    Tape tape;
    const Elbo terms =
        elbo(model, part_of(batch, block), rows_of(c, block), e.loss, noise, kl_term_at(e.loss, int64_t(step)));
    const double share = double(block.rows) / double(block.batch_rows);  // of the mean over the batch
    tape.backward(terms.loss, Tensor::full({}, share, terms.loss.dtype()));
    losses[size_t(i)] = {share * terms.distortion.item(), share * terms.kl.item()};
    gradients[size_t(i)] = parameters.gradients().data<float>();
  });
  blocks_.sum_range(gradients, gradients.front(), parameters_.gradients().numel());
  std::vector<double*> parts;
  for (auto& terms : losses) parts.push_back(terms.data());
  blocks_.sum(parts, parts.front(), 2);
  return {e.loss.beta * losses.front()[1] + losses.front()[0], losses.front()[0], losses.front()[1]};
}

}  // namespace elbow

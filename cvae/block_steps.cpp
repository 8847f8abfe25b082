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
  return e.training.blocks;
}

// Where the model is.
Tensor rows_of(const Tensor& t, const Block& block, Device device) {
  if (!t) return t;
  const Tensor rows = slice(t, 0, block.first, block.first + block.rows);
  return device == Device::cpu ? rows : rows.to(device);
}

// What the model sees of the batch.
Batch part_of(const Batch& batch, const Block& block, Device device) {
  Batch part;
  part.x = rows_of(batch.x, block, device);
  part.observed = rows_of(batch.observed, block, device);
  part.input = batch.observed ? rows_of(batch.input, block, device) : part.x;
  return part;
}

std::unique_ptr<Cvae> model_like(const Experiment& e, RandomStream& dropout) {
  auto model =
      make_model(e.settings.section("model"), sizes_of(e.data.train, e.condition, e.loss), e.seed, dropout);
  model->to(e.model->device());
  return model;
}

// A device has one stream of work, and so one block at a time; 0: as many as there are threads.
int blocks_at_once(const Experiment& e) { return e.model->device() == Device::cpu ? 0 : 1; }

}  // namespace

BlockSteps::Copy::Copy(const Experiment& e, const FlatParameters& shared)
    : dropout(e.seed, stream::dropout), model(model_like(e, dropout)), parameters(*model, shared) {}

BlockSteps::BlockSteps(Experiment& experiment, FlatParameters& parameters, const Ranks& ranks)
    : experiment_(experiment),
      parameters_(parameters),
      blocks_(ranks, checked_blocks(experiment, ranks), experiment.training.batch_rows,
              blocks_at_once(experiment)),
      device_(experiment.model->device() == Device::cpu ? nullptr : &backend(experiment.model->device())) {
  for (int64_t i = 1; i < blocks_.count(); ++i)
    copies_.push_back(std::make_unique<Copy>(experiment, parameters));
  for (int64_t i = 0; device_ && i < blocks_.count(); ++i)
    from_device_.push_back(device_->host_memory(size_t(parameters.gradients().numel()) * sizeof(float)));
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

// Those of block i on the host.
float* BlockSteps::gradients_of(int64_t i, FlatParameters& parameters) {
  if (!device_) return parameters.gradients().data<float>();
  auto* const to = static_cast<float*>(from_device_[size_t(i)].get());
  device_->download(parameters.gradients(), to, 0);
  return to;
}

// Of all blocks and ranks: into the first block's, and to where the optimiser finds it. On the CPU this rank needs its range alone.
void BlockSteps::sum(const std::vector<float*>& gradients) {
  const int64_t n = parameters_.gradients().numel();
  if (!device_) return blocks_.sum_range(gradients, gradients.front(), n);
  blocks_.sum(gradients, gradients.front(), n);
  device_->upload_in_place(gradients.front(), parameters_.gradients());
}

void BlockSteps::wait() const {
  if (device_) device_->synchronize();
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
    const Device device = model.device();
    const Elbo terms = elbo(model, part_of(batch, block, device), rows_of(c, block, device), e.loss, noise,
                            kl_term_at(e.loss, int64_t(step)));
    const double share = double(block.rows) / double(block.batch_rows);  // of the mean over the batch
    tape.backward(terms.loss, Tensor::full({}, share, terms.loss.dtype(), device));
    losses[size_t(i)] = {share * terms.distortion.item(), share * terms.kl.item()};
    gradients[size_t(i)] = gradients_of(i, parameters);
  });
  sum(gradients);
  std::vector<double*> parts;
  for (auto& terms : losses) parts.push_back(terms.data());
  blocks_.sum(parts, parts.front(), 2);
  return {e.loss.beta * losses.front()[1] + losses.front()[0], losses.front()[0], losses.front()[1]};
}

}  // namespace elbow

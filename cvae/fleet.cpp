#include "cvae/fleet.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/stopwatch.hpp"
#include "base/streams.hpp"

namespace elbow {
namespace {

// The settings in which members may differ are in the table of their steps (DeviceSteps). All others belong to the
// recorded step.
Json common_settings(const Experiment& e) {
  Json settings = Json::parse(e.resolved);
  for (const char* key : {"name", "seed", "data", "evaluation"}) settings.erase(key);
  for (const char* key : {"kl_warmup_steps", "kl_warmup_from", "capacity_steps"}) settings["loss"].erase(key);
  if (e.loss.samples == 0) settings["loss"].erase("beta");  // iwae divides by it
  if (e.loss.has_capacity) settings["loss"].erase("capacity");
  settings["training"].erase("schedule");
  return settings;
}

// f(tensor of `model`, tensor of `stands_for_all`) for each of their tensors.
template <class F> void for_each_pair(const Module& model, const Module& stands_for_all, F f) {
  const auto own = model.named_tensors(), all = stands_for_all.named_tensors();
  for (size_t i = 0; i < own.size(); ++i) f(*own[i].tensor, *all[i].tensor);
}

// Whether the steps on one set are those on the other, with other numbers.
bool alike(const Dataset& a, const Dataset& b) {
  const auto same_feature = [](const Feature& f, const Feature& g) {
    return f.kind == g.kind && f.first == g.first && f.width == g.width;
  };
  return a.rows() == b.rows() && a.image == b.image &&
         std::ranges::equal(a.features, b.features, same_feature) &&
         std::ranges::equal(a.attributes, b.attributes, same_feature, &Attribute::feature,
                            &Attribute::feature) &&
         bool(a.observed) == bool(b.observed);
}

}  // namespace

std::string why_not_together(const Experiment& a, const Experiment& b) {
  if (a.training.validation.on() || b.training.validation.on())
    return "each ends with its own best model (training.validation)";
  if (a.training.blocks > 0 || b.training.blocks > 0)
    return "each cuts its batches into blocks (training.blocks)";
  if (!alike(a.data.train, b.data.train) || a.data.test.rows() != b.data.test.rows())
    return "their data differ in rows or features";
  const Json p = common_settings(a), q = common_settings(b);
  if (p == q) return "";
  return "they differ in " + Json::diff(p, q)[0]["path"].get<std::string>();
}

Fleet::Fleet(std::vector<std::pair<Experiment*, Training*>> members)
    : members_(std::move(members)),
      dropout_(0, stream::dropout),
      epochs_done_(members_.front().second->epochs_done()),
      started_(members_.front().second->steps_started()) {
  const auto& [e, first] = members_.front();
  for (const auto& [experiment, training] : members_) {
    if (const std::string why = why_not_together(*e, *experiment); !why.empty())
      fail("fleet", experiment->name, " and ", e->name, " cannot be trained together: ", why);
    if (training->epochs_done() != epochs_done_ || training->steps_started() != started_)
      fail("fleet", experiment->name, " and ", e->name, " are at different steps");
    steps_of_epoch_.push_back(training->steps_of_epoch());
    experiments_.push_back(experiment);
    orders_.emplace_back(experiment->data.train.rows(), experiment->training.batch_rows, LastBatch::drop);
  }
  dropout_.set_step(e->dropout_stream.state().step);

  const Models all(int(members_.size()));
  Backend& gpu = backend(Device::cuda);
  model_ = make_model(e->settings.section("model"), sizes_of(e->data.train, e->condition, e->loss), e->seed,
                      dropout_);
  model_->to(Device::cuda);
  parameters_ = std::make_unique<FlatParameters>(*model_);
  optimizer_ = make_optimizer(e->training, *parameters_);
  optimizer_->set_steps(first->optimizer().steps());
  for (size_t m = 0; m < members_.size(); ++m) {
    for_each_pair(*members_[m].first->model, *model_, [&](const Tensor& own, Tensor& shared) {
      dispatch(own.dtype(), [&]<class T>() { gpu.upload(own.data<T>(), shared, int(m)); });
    });
    for (auto& [name, buffer] : optimizer_->buffers()) {
      Tensor shared = buffer;
      gpu.upload(members_[m].second->optimizer().buffers().at(name).data<float>(), shared, int(m));
    }
  }
  steps_ = std::make_unique<DeviceSteps>(experiments_, *model_, dropout_, *parameters_, *optimizer_);
  evaluation_ = std::make_unique<DeviceEvaluation>(experiments_, *model_);
}

void Fleet::begin_epoch() {
  std::vector<const BatchOrder*> orders;
  for (size_t m = 0; m < experiments_.size(); ++m) {
    Experiment& e = *members_[m].first;
    if (e.data.redraw) {
      e.data.redraw(e.data.train, epochs_done_);
      steps_->rows_changed();
    }
    orders_[m].shuffle({e.seed, stream::shuffle, uint64_t(epochs_done_)});
    orders.push_back(&orders_[m]);
  }
  model_->train();
  model_->freeze_statistics(experiments_.front()->training.freezes(epochs_done_));
  steps_->begin_epoch(orders, started_);
}

std::vector<EpochLosses> Fleet::epoch(const std::function<void(int64_t)>& progress) {
  const Stopwatch watch;
  begin_epoch();
  while (started_ < steps_per_epoch()) {
    steps_->start(started_++);
    progress(started_);
  }
  fetch_losses();
  ++epochs_done_;
  started_ = 0;
  std::vector<EpochLosses> out;
  for (auto& steps : steps_of_epoch_) {
    out.push_back({epochs_done_, means_of(steps), {}});
    steps.clear();
  }
  seconds_ += watch.seconds() / double(experiments_.size());
  model_->train(false);
  const auto test = evaluation_->losses();
  for (size_t m = 0; m < out.size(); ++m) out[m].test = test[m];
  return out;
}

// A loss that is not finite stays with its member, and is found by whoever goes on with that: the others are none the worse.
void Fleet::fetch_losses() {
  for (size_t m = 0; m < experiments_.size(); ++m) {
    auto& steps = steps_of_epoch_[m];
    const auto losses = steps_->losses(int64_t(steps.size()), started_, int(m));
    for (size_t i = 0; i < losses.size(); i += 2)
      steps.push_back(members_[m].second->losses_of(losses[i], losses[i + 1]));
  }
}

void Fleet::return_state() {
  fetch_losses();
  Backend& gpu = backend(Device::cuda);
  for (size_t m = 0; m < members_.size(); ++m) {
    auto& [e, training] = members_[m];
    for_each_pair(*e->model, *model_, [&](Tensor& own, const Tensor& shared) {
      gpu.download(shared, own.body()->data, int(m));
      own.mark_written("fleet");
    });
    for (const auto& [name, buffer] : training->optimizer().buffers())
      gpu.download(optimizer_->buffers().at(name), buffer.body()->data, int(m));
    training->optimizer().set_steps(optimizer_->steps());
    training->set_done(epochs_done_, steps_of_epoch_[m], training->train_seconds() + seconds_);
    e->dropout_stream.set_step(dropout_.state().step);
  }
  seconds_ = 0;
}

}  // namespace elbow

#include "cvae/feature_training.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/backend/backend.hpp"
#include "autograd/indices.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "data/batches.hpp"
#include "nn/optimizer.hpp"

namespace elbow {
namespace {

constexpr auto op = "features";

}  // namespace

FeatureNetShape feature_net_shape(const Dataset& set) {
  if (!set.classes()) fail(op, "the set ", set.name, " has no labels to learn");
  if (!set.image) fail(op, "the rows of the set ", set.name, " are no images");
  if (set.observed) fail(op, "the images of the set ", set.name, " have missing entries");
  const int64_t pixels = set.image->height * set.image->width;
  if (pixels < 1 || set.columns() % pixels != 0)
    fail(op, "rows of ", set.columns(), " columns are no images of ", set.image->height, " x ",
         set.image->width);
  return {set.columns() / pixels, set.image->height, set.image->width, set.classes()->classes()};
}

namespace {

// Trains the net where it is.
void train_net(FeatureNet& net, const Dataset& train, const FeatureTraining& settings,
               const std::function<void(int64_t epoch, double loss)>& progress) {
  const EnableGrad recording;  // also where it is trained in the midst of an evaluation
  const Device device = net.device();
  FlatParameters parameters(net);
  const auto adam = make_adam(parameters, {});
  Batches batches(train, std::min(settings.batch_rows, train.rows()), LastBatch::drop);
  const Schedule schedule{.kind = Schedule::Kind::cosine,
                          .learning_rate = settings.learning_rate,
                          .total = settings.epochs * batches.count()};
  const Attribute& classes = *train.classes();
  std::vector<Tensor> losses;  // of an epoch: a device is waited for at its end
  for (int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    batches.shuffle({settings.seed, stream::shuffle, uint64_t(epoch)});
    losses.clear();
    for (int64_t i = 0; i < batches.count(); ++i) {
      const Batch& batch = batches.get(i);
      std::vector<int64_t> labels;
      for (const int64_t row : batch.index) labels.push_back(classes.class_of(row));
      const Tensor target = one_hot(Indices(labels), classes.classes());
      parameters.zero_gradients();
      Tape tape;
      const Tensor logits = net.logits(net.features(batch.x.to(device)));
      const Tensor loss = cross_entropy_with_logits(logits, target.to(device));
      tape.backward(loss);
      adam->step(schedule.at(adam->steps()));
      losses.push_back(loss.detach());
    }
    double sum = 0;
    for (const Tensor& loss : losses) sum += loss.item();
    const double mean = sum / double(batches.count());
    if (!std::isfinite(mean))
      fail(op, "the loss is ", mean, " in epoch ", epoch + 1, ": lower the learning rate");
    if (progress) progress(epoch + 1, mean);
  }
}

}  // namespace

std::unique_ptr<FeatureNet> train_feature_net(const Dataset& train, const FeatureTraining& settings,
                                              const std::function<void(int64_t epoch, double loss)>& progress) {
  if (settings.epochs < 1) fail(op, "training takes at least one epoch, not ", settings.epochs);
  auto net = std::make_unique<FeatureNet>(feature_net_shape(train), settings.seed);
  net->to(default_device());
  train_net(*net, train, settings, progress);
  net->to(Device::cpu);
  return net;
}

Estimate accuracy_of(FeatureNet& net, const Dataset& set) {
  if (!set.classes() || set.rows() == 0)
    fail(op, "the set ", set.name, " has no labelled rows to be judged by");
  constexpr int64_t chunk = 4096;  // rows held as floats at a time
  int64_t right = 0;
  for (int64_t first = 0; first < set.rows(); first += chunk) {
    const auto classes = classes_of(net, set.x.range(first, std::min(chunk, set.rows() - first)));
    for (size_t i = 0; i < classes.size(); ++i)
      right += classes[i] == set.classes()->class_of(first + int64_t(i));
  }
  return share_of(right, set.rows());
}

}  // namespace elbow

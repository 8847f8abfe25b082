#include "cvae/device_steps.hpp"

#include <bit>

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "autograd/tape.hpp"
#include "base/streams.hpp"
#include "cvae/sampling.hpp"

namespace elbow {

double bits_of(uint64_t word) { return std::bit_cast<double>(word); }

DeviceRows::DeviceRows(const Dataset& set, const Condition& condition, int64_t batch_rows, int64_t steps,
                       Device device)
    : backend_(backend(device)) {
  const auto make = [&](const Shape& shape, DType dtype = DType::float32) {
    return Tensor::empty(shape, dtype, device);
  };
  const int64_t d = set.columns();
  const int64_t window = RowStream::window_steps(set, condition.by_attributes(), batch_rows, steps, backend_);
  const int64_t rows = window ? window * batch_rows : set.rows();
  work_.data = make({rows, d});
  if (!window) work_.order = make({steps, batch_rows}, DType::float64);
  work_.x = make({batch_rows, d});
  if (set.observed) {
    work_.data_observed = make({rows, d});
    work_.observed = make({batch_rows, d});
    work_.input = make({batch_rows, 2 * d});
  }
  if (condition.by_attributes()) work_.attributes = make({rows, int64_t(set.attributes.size())});
  if (window) stream_ = std::make_unique<RowStream>(work_, backend_);
}

void DeviceRows::copy(const Dataset& set, int model) {
  if (stream_) return stream_->set_rows(set, model);
  const auto upload = [&](const Tensor& from, Tensor& to) {
    if (to) backend_.upload(from.data<float>(), to, model);
  };
  upload(set.x.tensor(), work_.data);
  upload(set.observed, work_.data_observed);
  if (!work_.attributes) return;
  const size_t n = set.attributes.size();
  std::vector<float> attributes(n * size_t(set.rows()));  // [rows, n]
  for (size_t i = 0; i < attributes.size(); ++i) attributes[i] = set.attributes[i % n].values[i / n];
  backend_.upload(attributes.data(), work_.attributes, model);
}

void DeviceRows::copy_order(std::vector<int64_t> order, int model) {
  if (stream_) return stream_->set_order(std::move(order), model);
  std::vector<double> words;
  for (const int64_t row : order) words.push_back(bits_of(uint64_t(row)));
  backend_.upload(words.data(), work_.order, model);
}

BatchWork DeviceRows::work(const Tensor& counter) const {
  BatchWork work = work_;
  work.counter = counter;
  return work;
}

Batch DeviceRows::batch() const {
  Batch batch;
  batch.x = work_.x;
  batch.observed = work_.observed;
  batch.input = work_.input ? work_.input : work_.x;
  return batch;
}

namespace {

// Places in a row of the table, in numbers of 8 bytes.
enum Place : int64_t { seed, step, dropout_seed, dropout_step, kl_term, first_rate };

int64_t steps_of(const Experiment& e) { return e.data.train.rows() / e.training.batch_rows; }

DeviceRows rows_for(const std::vector<const Experiment*>& experiments, Device device) {
  const Models all(int(experiments.size()));
  const Experiment& e = *experiments.front();
  return {e.data.train, e.condition, e.training.batch_rows, steps_of(e), device};
}

}  // namespace

DeviceSteps::DeviceSteps(std::vector<const Experiment*> experiments, Cvae& model, RandomStream& dropout,
                         FlatParameters& parameters, Optimizer& optimizer)
    : experiments_(std::move(experiments)),
      model_(model),
      dropout_(dropout),
      parameters_(parameters),
      optimizer_(optimizer),
      device_(model.device()),
      backend_(backend(device_)),
      rows_(rows_for(experiments_, device_)) {
  const Models all(int(experiments_.size()));
  const int64_t steps = steps_of(*experiments_.front());
  const auto make = [&](const Shape& shape, DType dtype = DType::float32) {
    return Tensor::empty(shape, dtype, device_);
  };
  std::vector<double> first_rates;
  optimizer_.add_rates(0, 0, first_rates);
  const int64_t rates = int64_t(first_rates.size()), width = first_rate + rates;
  table_.rows = make({steps, width}, DType::float64);
  table_.values = make({width}, DType::float64);
  table_.counter = make({2}, DType::float64);
  noise_state_ = alias(table_.values, {2}, seed);
  dropout_state_ = alias(table_.values, {2}, dropout_seed);
  kl_weight_ = alias_bytes(table_.values, DType::float32, {}, 8 * kl_term);
  capacity_ = alias_bytes(table_.values, DType::float32, {}, 8 * kl_term + 4);
  rates_ = alias(table_.values, {rates}, first_rate);
  losses_ = make({steps, 2});
}

// The whole step, as Training::step has it on the CPU.
void DeviceSteps::record() {
  const Models all(int(experiments_.size()));
  const Experiment& e = *experiments_.front();
  const RandomKey masks{0, stream::masks, 0, &noise_state_}, noise = training_noise(0, 0, &noise_state_);
  const Batch batch = rows_.batch();
  BatchWork work = rows_.work(table_.counter);
  const Tensor c = e.condition.draw_on_device(masks, device_, work, mask_);
  Tensor norm = Tensor::empty({}, DType::float64, device_);
  const uint64_t dropout_before = dropout_.state().step;
  dropout_.set_step(0);
  dropout_.count_from(&dropout_state_);
  recordings_[frozen_] = backend_.record([&] {
    backend_.advance(table_);
    backend_.gather_batch(work);
    parameters_.zero_gradients();
    Tape tape;
    const Elbo losses = elbo(model_, batch, c, e.loss, noise, kl_weight_, capacity_);
    tape.backward(losses.loss);
    if (e.training.clip > 0) parameters_.clip_gradients(e.training.clip, norm);
    optimizer_.apply(rates_);
    backend_.record_losses({losses.distortion, losses.kl, losses_, table_.counter});
  });
  dropout_keys_[frozen_] = int64_t(dropout_.state().step);
  dropout_.count_from(nullptr);
  dropout_.set_step(dropout_before);
  recorded_tensors_.insert(recorded_tensors_.end(), {c, norm, work.attribute_columns});
}

std::vector<double> DeviceSteps::row_of_table(const Experiment& e, int64_t i, int64_t dropout) const {
  const KlTerm term = kl_term_at(e.loss, i);
  const uint64_t weight = std::bit_cast<uint32_t>(float(term.weight)),
                 capacity = std::bit_cast<uint32_t>(float(term.capacity));
  std::vector<double> row{bits_of(e.seed), bits_of(uint64_t(i)), bits_of(e.seed), bits_of(uint64_t(dropout)),
                          bits_of(weight | capacity << 32)};
  optimizer_.add_rates(e.training.schedule.at(i), i, row);
  return row;
}

void DeviceSteps::begin_epoch(const std::vector<const BatchOrder*>& orders, int64_t done) {
  for (size_t m = 0; m < experiments_.size() && !rows_current_; ++m)
    rows_.copy(experiments_[m]->data.train, int(m));
  rows_current_ = true;
  frozen_ = model_.statistics_frozen();
  if (!recordings_.contains(frozen_)) record();
  const int64_t steps = table_.rows.size(0), first = optimizer_.steps() - done;
  for (size_t m = 0; m < experiments_.size(); ++m) {
    std::vector<double> rows;
    std::vector<int64_t> order;
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t dropout = int64_t(dropout_.state().step) + (i - done) * dropout_keys_.at(frozen_);
      const auto row = row_of_table(*experiments_[m], first + i, dropout);
      rows.insert(rows.end(), row.begin(), row.end());
      const auto batch = orders[m]->batch(i);
      order.insert(order.end(), batch.begin(), batch.end());
    }
    backend_.upload(rows.data(), table_.rows, int(m));
    rows_.copy_order(std::move(order), int(m));
  }
  next_ = -1;
}

void DeviceSteps::start(int64_t i) {
  rows_.provide(i);
  if (i != next_) {
    const double counter[] = {bits_of(uint64_t(i)), bits_of(0)};
    backend_.upload(counter, table_.counter);
  }
  recording().run();
  next_ = i + 1;
  optimizer_.set_steps(optimizer_.steps() + 1);
  dropout_.set_step(dropout_.state().step + uint64_t(dropout_keys_.at(frozen_)));
}

std::vector<double> DeviceSteps::losses(int64_t first, int64_t last, int model) const {
  const Tensor part = alias(losses_, {last - first, 2}, 2 * first);
  std::vector<float> values(size_t(part.numel()));
  backend_.download(part, values.data(), model);
  return {values.begin(), values.end()};
}

}  // namespace elbow

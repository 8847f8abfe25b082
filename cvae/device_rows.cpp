#include "cvae/device_rows.hpp"

#include <bit>

namespace elbow {

double bits_of(uint64_t word) { return std::bit_cast<double>(word); }

DeviceRows::DeviceRows(const Dataset& set, const Condition& condition, int64_t batch_rows, int64_t steps,
                       Device device)
    : backend_(backend(device)) {
  const auto make = [&](const Shape& shape, DType dtype = DType::float32) {
    return Tensor::empty(shape, dtype, device);
  };
  const int64_t d = set.columns();
  work_.data = make({set.rows(), d});
  work_.order = make({steps, batch_rows}, DType::float64);
  work_.x = make({batch_rows, d});
  if (set.observed) {
    work_.data_observed = make({set.rows(), d});
    work_.observed = make({batch_rows, d});
    work_.input = make({batch_rows, 2 * d});
  }
  if (condition.by_attributes()) work_.attributes = make({set.rows(), int64_t(set.attributes.size())});
}

void DeviceRows::copy(const Dataset& set, int model) {
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

void DeviceRows::copy_order(const std::vector<int64_t>& order, int model) {
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

}  // namespace elbow

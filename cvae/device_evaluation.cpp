#include "cvae/device_evaluation.hpp"

#include "autograd/alias.hpp"
#include "autograd/backend/backend.hpp"
#include "base/streams.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"

namespace elbow {

// `count` batches of one size, from batch `first` of the test set on.
class DeviceEvaluation::Part {
 public:
  Part(const std::vector<const Experiment*>& experiments, Cvae& model, int64_t first, int64_t count,
       int64_t rows)
      : count_(count),
        size_(rows),
        backend_(backend(model.device())),
        rows_(experiments.front()->data.test, experiments.front()->condition, rows, count, model.device()) {
    const Device device = model.device();
    table_.rows = Tensor::empty({count, 2}, DType::float64, device);
    table_.values = Tensor::empty({2}, DType::float64, device);
    table_.counter = Tensor::empty({2}, DType::float64, device);
    losses_ = Tensor::empty({count, 2 * rows}, DType::float32, device);
    for (size_t m = 0; m < experiments.size(); ++m) {
      std::vector<double> table;  // seed and batch: what masks and noise are drawn by
      std::vector<int64_t> order;
      for (int64_t b = first; b < first + count; ++b) {
        table.insert(table.end(), {bits_of(experiments[m]->seed), bits_of(uint64_t(b))});
        for (int64_t r = 0; r < rows; ++r) order.push_back(b * evaluation_batch_rows + r);
      }
      backend_.upload(table.data(), table_.rows, int(m));
      rows_.copy(experiments[m]->data.test, int(m));
      rows_.copy_order(std::move(order), int(m));
    }
    record(*experiments.front(), model);
  }

  void start() {
    const double counter[] = {bits_of(0), bits_of(0)};
    backend_.upload(counter, table_.counter);
    for (int64_t b = 0; b < count_; ++b) {
      rows_.provide(b);
      recording_->run();
    }
  }
  // Adds the losses of its rows.
  void gather(int model, std::vector<double>& distortion, std::vector<double>& kl) const {
    std::vector<float> all(size_t(losses_.numel()));  // [count, 2, rows]
    backend_.download(losses_, all.data(), model);
    for (int64_t b = 0; b < count_; ++b) {
      const auto batch = all.begin() + b * 2 * size_;
      distortion.insert(distortion.end(), batch, batch + size_);
      kl.insert(kl.end(), batch + size_, batch + 2 * size_);
    }
  }

 private:
  void record(const Experiment& e, Cvae& model) {
    BatchWork& work = work_ = rows_.work(table_.counter);
    const Batch batch = rows_.batch();
    condition_ = e.condition.draw_on_device({0, stream::evaluation_masks, 0, &table_.values}, model.device(),
                                            work, mask_);
    recording_ = backend_.record([&] {
      backend_.advance(table_);
      backend_.gather_batch(work);
      const Posterior q = model.encode(batch.input, condition_);
      const Tensor z = sample_posterior(e.loss, q, evaluation_noise(0, 0, &table_.values));
      const Tensor distortion = distortion_of(e.loss, model.decode(z, condition_), batch, condition_, true);
      const Tensor kl = kl_of(e.loss, q, model.prior(condition_), z, Reduction::per_row);
      backend_.record_losses({distortion, kl, losses_, table_.counter});
    });
  }

  int64_t count_, size_;  // of batches, and of rows in each
  Backend& backend_;
  DeviceRows rows_;
  StepTable table_;
  BatchWork work_;
  MaskWork mask_;
  Tensor condition_, losses_;  // [rows, width], [count, 2 rows]
  std::unique_ptr<Recording> recording_;
};

DeviceEvaluation::DeviceEvaluation(std::vector<const Experiment*> experiments, Cvae& model)
    : experiments_(std::move(experiments)), model_(model) {
  const Models all(int(experiments_.size()));
  const Evaluating evaluating(model_);
  const int64_t rows = epoch_rows(*experiments_.front()), whole = rows / evaluation_batch_rows,
                rest = rows % evaluation_batch_rows;
  if (whole) parts_.push_back(std::make_unique<Part>(experiments_, model_, 0, whole, evaluation_batch_rows));
  if (rest) parts_.push_back(std::make_unique<Part>(experiments_, model_, whole, 1, rest));
}

DeviceEvaluation::~DeviceEvaluation() = default;

std::vector<Losses> DeviceEvaluation::losses() {
  for (const auto& part : parts_) part->start();
  std::vector<Losses> out;
  for (size_t m = 0; m < experiments_.size(); ++m) {
    RowLosses rows;
    rows.beta = experiments_[m]->loss.beta;
    for (const auto& part : parts_) part->gather(int(m), rows.distortion, rows.kl);
    out.push_back(losses_of(rows));
  }
  return out;
}

}  // namespace elbow

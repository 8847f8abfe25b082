#pragma once
#include <map>
#include <memory>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "cvae/experiment.hpp"
#include "cvae/row_stream.hpp"
#include "nn/loader.hpp"

namespace elbow {

/// The rows of a data set on a device, from which its steps gather their batches by themselves; of several experiments (Models)
/// each its own set, all of one shape. Where they do not all fit, they come there in time (RowStream).
class DeviceRows {
 public:
  /// Makes room for sets like this one, and for the tensors of a batch.
  DeviceRows(const Dataset& set, const Condition& condition, int64_t batch_rows, int64_t steps, Device device);

  /// Copies a set there, or as it is needed: it must live on. `model` says whose it is.
  void copy(const Dataset& set, int model);
  /// The rows of all steps, [steps * batch rows].
  void copy_order(std::vector<int64_t> order, int model);
  /// To be called before that step is queued: its rows will be there.
  void provide(int64_t step) {
    if (stream_) stream_->provide(step);
  }
  /// How a step gathers its batch; the step counts in `counter` (StepTable).
  BatchWork work(const Tensor& counter) const;
  /// The batch that it writes.
  Batch batch() const;

 private:
  Backend& backend_;
  BatchWork work_;
  std::unique_ptr<RowStream> stream_;  // null: the whole set is there
};

/// 64-bit numbers as the elements of a float64 tensor, whose bytes they are.
double bits_of(uint64_t word);

/// The training steps of an experiment on a device, or of several of one architecture at once. The rows lie there; a
/// step, from the drawing of its batch and masks to the optimiser's, is recorded once and launched for each step of the
/// epoch. What differs from step to step (seeds, counters, learning rates, schedules) is in a table there, one row per
/// step. The losses are gathered there. So no step waits for the host.
///
/// Several experiments: tensors on the device, those of the model included, have been made under a Models of that
/// number. The steps train all of them, each on its own rows, seeds and schedules.
class DeviceSteps {
 public:
  /// Trains `model` by `optimizer`: those of the only experiment, or those that represent all of them. `dropout` gives
  /// the keys of its dropout layers. All must live on.
  DeviceSteps(std::vector<const Experiment*> experiments, Cvae& model, RandomStream& dropout,
              FlatParameters& parameters, Optimizer& optimizer);

  /// Begins an epoch, or resumes one whose first `done` steps have been made: one order of the rows for each
  /// experiment.
  void begin_epoch(const std::vector<const BatchOrder*>& orders, int64_t done);
  /// The rows have been redrawn: copies them again when the next epoch begins.
  void rows_changed() { rows_current_ = false; }
  /// Starts step i of the epoch; by default the steps follow each other.
  void start(int64_t i);
  /// The distortion and the KL of steps first .. last - 1 of the epoch, [2 (last - first)]; waits for them.
  std::vector<double> losses(int64_t first, int64_t last, int model = 0) const;
  /// How many kernels and copies one step launches.
  int64_t launches() const { return recording().launches(); }
  /// Waits for all steps.
  void wait() const { backend_.synchronize(); }

 private:
  void record();
  const Recording& recording() const { return *recordings_.at(frozen_); }
  std::vector<double> row_of_table(const Experiment& e, int64_t step, int64_t dropout_step) const;

  std::vector<const Experiment*> experiments_;
  Cvae& model_;
  RandomStream& dropout_;
  FlatParameters& parameters_;
  Optimizer& optimizer_;
  Device device_;
  Backend& backend_;
  int64_t next_ = 0;  // the step that the counter on the device holds
  bool rows_current_ = false, frozen_ = false;
  DeviceRows rows_;
  MaskWork mask_;
  StepTable table_;
  Tensor noise_state_, dropout_state_, kl_weight_, capacity_, rates_;  // slices of table_.values
  Tensor losses_;                                                      // [steps, 2] float32
  std::map<bool, std::unique_ptr<Recording>> recordings_;  // with batch norm's statistics frozen or not
  std::map<bool, int64_t> dropout_keys_;                   // that a step takes
  std::vector<Tensor> recorded_tensors_;                   // that recordings read and write, made before them
};

}  // namespace elbow

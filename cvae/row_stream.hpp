#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "data/dataset.hpp"

namespace elbow {

/// For tests: how many bytes the rows of a set, of all models trained together, may take on a device before they are streamed. By
/// default, and again with nothing: half of what is free there when room is made for them. The other half is for what a step needs.
void stream_rows_above(std::optional<int64_t> bytes);

/// The way to a device for the rows of a set that is too large for it: a window of some batches at a time, in the order of the
/// steps. The host gathers the next window while the device computes the steps of the last one. It then waits for them, once for
/// each window. Of several models (Models) each has its own rows, order and window.
class RowStream {
 public:
  /// How many steps a window for sets like this one has, 1 .. steps; 0 where the whole sets fit, and need none.
  static int64_t window_steps(const Dataset& set, bool attributes, int64_t batch_rows, int64_t steps,
                              Backend& backend);

  /// Fills the data, data_observed and attributes of `work`, [steps of a window * batch rows, ...], where they are there. To be made
  /// under the same Models as these.
  RowStream(const BatchWork& work, Backend& backend);

  /// Whose rows are streamed, for each model; the set must live on. It may be redrawn until an order is set.
  void set_rows(const Dataset& set, int model) { sets_.at(size_t(model)) = &set; }
  /// The rows of all steps, [steps * batch rows].
  void set_order(std::vector<int64_t> order, int model);
  /// To be called before a step is queued: its batch will be there. Windows begin at multiples of their size.
  void provide(int64_t step);

 private:
  Backend& backend_;
  Tensor data_, observed_, attributes_;
  int64_t batch_rows_, steps_;  // of a window
  std::shared_ptr<void> on_host_;
  std::vector<const Dataset*> sets_;          // of each model
  std::vector<std::vector<int64_t>> orders_;  // of each model
  int64_t window_ = -1;                       // that is there; -1: none
};

}  // namespace elbow

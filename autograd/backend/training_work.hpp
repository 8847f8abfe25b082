#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "autograd/backend/pixel_holes.hpp"
#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

// The work of a training step on a device that is not ops, each a kernel or two. A step is recorded once and run again
// and again, so nothing in it may depend on a changing number of the host. Changing numbers are in a table on the
// device, where each step reads its own row.
namespace elbow {

/// One row of numbers for each step of an epoch. `advance` copies the row of the running step to `values` and counts on; the
/// first step after a reset of `counter` reads row counter[0].
struct StepTable {
  Tensor rows;     ///< [steps, width] float64
  Tensor values;   ///< [width] float64, what the step's kernels read
  Tensor counter;  ///< [2] float64, whose bytes are two 64-bit numbers: the next step, and the running one
};

/// How the mask of arbitrary conditioning is drawn, as data/mask.hpp has it, or data/pixel_mask.hpp.
struct MaskWork {
  RandomKey key;
  double given = 0.5;
  bool uniform = false;
  Tensor groups;  ///< [columns] float32, the group of each column; undefined: each column on its own
  int64_t n_groups = 0;
  std::optional<PixelHoles> holes;  ///< of pixels; then what is above says nothing, but for the key
  Tensor widths;                    ///< [height, 2] float32, of rectangles (PixelHoles::hole)
};

/// The rows of a batch, and the condition on them, from a whole set that lies on the device, or from a part of it. Undefined tensors
/// are left out.
struct BatchWork {
  Tensor data, data_observed;  ///< [set rows, columns] float32; what is not observed (0) becomes 0 in x
  /// [steps, rows] float64 whose bytes are 64-bit numbers: the rows of each step's batch. Undefined: `data` has batches as they are,
  /// one after the other, and a step takes that of its number, modulo how many there are.
  Tensor order;
  Tensor counter;  ///< of the StepTable: its second number is the step
  Tensor x, observed,
      input;  ///< [rows, columns]; input is [x, observed] side by side, or undefined where it is x itself
  const MaskWork* mask = nullptr;
  Tensor condition;   ///< [rows, 2 columns]: [x where the mask gives it, the mask]
  Tensor attributes;  ///< of the whole set, [set rows, attributes] float32; NaN: unknown
  /// [width, 2]: for each column of the condition (cvae/condition.hpp), its attribute, and its category or one of
  /// these: whether the attribute is withheld, and the value of a real one.
  Tensor attribute_columns;
  static constexpr float attribute_withheld = -1, attribute_value = -2;
  RandomKey withheld_key;
  double withheld = 0;         ///< probability that an attribute is withheld
  Tensor attribute_condition;  ///< [rows, width]
};

/// terms[step, :] = the distortions, then the KLs, for the running step of the counter.
struct LossRecord {
  Tensor distortion, kl;  ///< [n] float32, or [] where n is 1
  Tensor terms;           ///< [steps, 2 n] float32
  Tensor counter;         ///< of the StepTable
};

/// A stretch of flat buffers, and where its numbers stand among `rates`.
struct UpdateRange {
  int64_t first, last;
  int64_t rate;  ///< index of the first
  double weight_decay;
};

/// One step of Adam over flat buffers; rates (nn/optimizer.cpp) are per range: rate, root, shrink.
struct AdamWork {
  Tensor values, gradients, mean, square;  ///< [n]
  Tensor rates;                            ///< float64
  std::vector<UpdateRange> ranges;
  double beta1, beta2, epsilon;
  bool decoupled;
};

/// One step of gradient descent with momentum; rates are per range: the learning rate.
struct SgdWork {
  Tensor values, gradients, velocity;  ///< [n]
  Tensor rates;                        ///< float64
  std::vector<UpdateRange> ranges;
  double momentum;
  bool nesterov;
};

}  // namespace elbow

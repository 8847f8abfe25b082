#pragma once
#include <span>
#include <string>
#include <vector>

#include "autograd/backend/training_work.hpp"
#include "autograd/random.hpp"
#include "base/config.hpp"
#include "cvae/gaussian.hpp"
#include "data/batches.hpp"
#include "data/mask.hpp"
#include "data/pixel_mask.hpp"

namespace elbow {

/// What the encoder and the decoder are given of a row: the values of some features. The kind of the condition says
/// which features may be given: those of x, which are reconstructed as well (arbitrary conditioning), or the
/// attributes, which are not, such as the class of an image. A mask says which of them are given in each row.
class Condition {
 public:
  /// Reads the section `condition`: {"kind": "columns" | "pixels" | "label" | "none", "given": probability, "withheld":
  /// probability}, of pixels also what read_pixel_masks reads; "label" means all attributes. Error, naming the key, when the data
  /// have no attributes to condition on, or are no images with pixels.
  Condition(const Config& config, const Dataset& data);
  static std::vector<std::string> kinds() { return {"columns", "pixels", "label", "none"}; }

  /// Columns of c. For the columns of x 2 d: c = [x * m, m], of pixels too. For attributes side by side: one column for each category, 1 in that
  /// of the row, or the value of a real one; and, where attributes may be withheld, one more that is 1 when it is.
  int64_t width() const;
  /// Whether the features of x are given or withheld.
  bool by_columns() const { return kind_ == Kind::columns || kind_ == Kind::pixels; }
  /// Whether they are the pixels outside a hole.
  bool by_pixels() const { return kind_ == Kind::pixels; }
  /// Whether results are grouped by the number of given features: each of them is given by itself.
  bool counts_given() const { return kind_ == Kind::columns; }
  /// How the holes are drawn, where by_pixels().
  const PixelMaskRule& pixel_masks() const { return pixel_masks_; }
  /// Whether the attributes are.
  bool by_attributes() const { return kind_ == Kind::attributes; }
  /// Whether each feature may be withheld from a row: otherwise all are given in every row.
  bool may_withhold() const { return by_columns() || withheld_ > 0; }
  /// The features that may be given.
  const std::vector<Feature>& given_features() const { return features_; }
  int64_t features() const { return int64_t(features_.size()); }
  /// The probability that a feature of x is given.
  double given() const { return counts_given() ? rule_.given : 0; }
  /// Whether each row has a probability of its own instead (MaskRule::uniform).
  bool uniform() const { return counts_given() && rule_.uniform; }

  /// The condition of one batch.
  struct Drawn {
    Tensor mask;  ///< [rows, value_columns()] float32, 1 = given; undefined when there is no condition
    Tensor c;     ///< [rows, width()]; undefined when there is no condition
  };
  /// The number of features that a row of it is given.
  int64_t count_given(const Drawn& drawn, int64_t row) const;
  /// Draws the condition of a batch into `out`, whose tensors are made or replaced when their size does not fit.
  void draw(const Batch& batch, const RandomKey& key, Drawn& out) const;
  /// The same with a mask that is already in `out`, and that gives nothing that is missing.
  void apply(const Batch& batch, Drawn& out) const;
  /// The same for steps that a device draws by itself: makes the tensor of the condition, returns it, and says in `work` how to
  /// write it. `mask` must live as long as `work`.
  Tensor draw_on_device(const RandomKey& key, Device device, BatchWork& work, MaskWork& mask) const;
  /// The condition under which every row is given the features of `subset` [features()], as far as it has them. Error if its
  /// size differs, or a feature is withheld that must be given.
  void give(const Batch& batch, const Mask& subset, Drawn& out) const {
    give(batch, std::span(&subset, 1), out);
  }
  /// The same for several subsets at once: the batch is one block of rows per subset, all of equal length, and the rows
  /// of block i are given subset i.
  void give(const Batch& batch, std::span<const Mask> subsets, Drawn& out) const;

  /// How many numbers hold the values of a row's features: the columns of x, or the attributes.
  int64_t value_columns() const { return value_columns_; }
  /// The condition of rows from `values` alone: c [rows, width()], from `values` [rows, value_columns()] with
  /// a NaN where nothing is given. Undefined where there is no condition. Error as give().
  Tensor of(const Tensor& values) const;
  /// The same, computed by ops alone, so that it can be part of a graph (autograd/onnx/trace.hpp). mask [rows, value_columns()]: 1 = given,
  /// 0 = withheld; undefined unless may_withhold(). Nothing is checked.
  Tensor in_ops(const Tensor& values, const Tensor& mask) const;
  /// Values where nothing is given: a NaN everywhere [rows, value_columns()].
  Tensor nothing(int64_t rows) const;

 private:
  enum class Kind { columns, pixels, attributes, none };
  const Tensor& values_of(const Batch& batch) const { return by_columns() ? batch.x : batch.attributes; }
  void withhold_unknown(const Batch& batch, Tensor& mask) const;
  void write(const Tensor& values, Drawn& out) const;
  void write_attributes(const Tensor& values, const Tensor& mask, Tensor& c) const;

  Kind kind_;
  std::vector<Feature> features_;  // `first` is the column of their values
  int64_t value_columns_ = 0;
  MaskRule rule_;                    // of the columns of x
  PixelMaskRule pixel_masks_;        // of pixels
  std::vector<int64_t> categories_;  // of each attribute; 0 for a real one
  double withheld_ = 0;              // probability that an attribute is withheld from a row
};

}  // namespace elbow

#pragma once
#include <span>
#include <string>
#include <vector>

#include "autograd/backend/training_work.hpp"
#include "autograd/random.hpp"
#include "base/config.hpp"
#include "cvae/gaussian.hpp"
#include "data/batches.hpp"
#include "data/label_condition.hpp"
#include "data/mask.hpp"

namespace elbow {

/// What the encoder and the decoder are told of a row: some of its features (arbitrary conditioning), its labels (the
/// class, and of coloured images the colour), or nothing.
class Condition {
 public:
  /// Reads the section `condition`: {"kind": "columns" | "label" | "none", "given": probability, "withheld": probability}.
  /// Error, naming the key, when the data have no labels to condition on.
  Condition(const Config& config, const Dataset& data);

  /// Columns of c: 2 d for columns (c = [x * m, m]); for labels the number of classes, and of colours, each with one more
  /// column, "not given", where labels may be withheld.
  int64_t width() const;
  /// Whether features (a column, or the columns of a categorical value) are given or withheld one by one, so that results
  /// are told by their number.
  bool by_columns() const { return kind_ == Kind::columns; }
  /// Whether the condition is the class of the row (and its colour).
  bool by_label() const { return kind_ == Kind::label; }
  /// Whether labels are withheld from some rows.
  bool may_withhold_labels() const { return by_label() && withheld_ > 0; }
  /// What the labels tell, in the order of give_labels: {"class"} or {"class", "colour"}; empty unless by_label().
  std::vector<std::string> label_names() const;
  /// How many features there are to give.
  int64_t features() const { return int64_t(features_.size()); }
  /// The number of features that a row of a mask [d] gives.
  int64_t count_given(const float* mask) const;
  /// The probability that a feature is given.
  double given() const { return by_columns() ? rule_.given : 0; }
  /// Whether each row has a probability of its own instead (MaskRule::uniform).
  bool uniform() const { return by_columns() && rule_.uniform; }

  /// The condition of one batch.
  struct Drawn {
    Tensor mask;  ///< [rows, d] float32, 1 = given; undefined unless by_columns()
    Tensor c;     ///< [rows, width()]; undefined when there is no condition
  };
  /// Draws the condition of a batch into `out`, whose tensors are made or replaced when their size does not fit.
  void draw(const Batch& batch, const RandomKey& key, Drawn& out) const;
  /// The same with a mask that is already in `out`, and that gives nothing that is missing. All labels that the batch has
  /// are given; one that it has not is withheld.
  void apply(const Batch& batch, Drawn& out) const;
  /// The same for steps that a device draws by itself: makes the tensor of the condition, returns it, and says in `work` how to
  /// write it. `mask` must live as long as `work`.
  Tensor draw_on_device(const RandomKey& key, Device device, BatchWork& work, MaskWork& mask) const;
  /// The condition under which every row is given the features of `subset` [features()], as far as it has them.
  void give(const Batch& batch, const Mask& subset, Drawn& out) const {
    give(batch, std::span(&subset, 1), out);
  }
  /// The same for several subsets at once: the rows are as many parts of one length as there are subsets, one below the
  /// other, and those of part i are given subset i.
  void give(const Batch& batch, std::span<const Mask> subsets, Drawn& out) const;
  /// The condition under which every row is given those of its labels that `given` [label_names()] says.
  void give_labels(const Batch& batch, const Mask& given, Drawn& out) const;

 private:
  // `withheld` [labels, rows]: 1 = not given; undefined: all are.
  void write_labels(const Batch& batch, const Tensor& withheld, Drawn& out) const;

  enum class Kind { columns, label, none };
  Kind kind_;
  int64_t columns_;
  std::vector<Feature> features_;
  MaskRule rule_;
  std::vector<LabelCondition> labels_;  // of the class, and of the colour
  double withheld_ = 0;                 // probability that a label is withheld from a row
};

}  // namespace elbow

#pragma once
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "autograd/kernels/loss.hpp"
#include "autograd/random.hpp"
#include "autograd/tensor.hpp"
#include "base/config.hpp"
#include "data/dataset.hpp"

namespace elbow {

/// Adjacent columns of a tensor.
struct ColumnRange {
  int64_t first = 0, width = 0;
  /// These columns of t [rows, columns]: [rows, width]; t itself where they are all of it.
  Tensor of(const Tensor& t) const;
};

/// What the outputs of a decoder are, column by column: first those that its network computes for each row, then constants:
/// numbers that are trained with the model and the same for all rows (a noise scale), and numbers that are not trained (the
/// scaling of a column).
class OutputLayout {
 public:
  OutputLayout() = default;
  /// One for the same outputs again; its constants stand behind all outputs of the network.
  static OutputLayout knowing(const OutputLayout& counted);

  /// Adds `width` outputs of the network, or constants with these values; says where they stand.
  ColumnRange network(int64_t width);
  ColumnRange trained(const std::vector<float>& initial);
  ColumnRange fixed(const std::vector<float>& values);

  int64_t network_width() const { return network_; }
  const std::vector<float>& trained() const { return trained_; }
  const std::vector<float>& fixed() const { return fixed_; }

 private:
  int64_t network_ = 0, trained_from_ = 0, fixed_from_ = 0;
  std::vector<float> trained_, fixed_;
};

/// What a draw of one number is made of.
struct NumberDraw {
  double beta;       ///< of the loss
  float normal;      ///< a draw from N(0, 1)
  RandomBits& bits;  ///< for distributions that need other numbers
};

/// One term of the distortion: a loss of some adjacent columns of x, under the decoder's outputs. Terms with learned noise, and those
/// of binary, categorical and count columns, are -log p(x | z, c) in nats; squared error stands for a normal distribution with
/// the variance beta / 2, times beta and up to a constant. All are sums over the columns.
class DistortionTerm {
 public:
  explicit DistortionTerm(ColumnRange columns) : columns(columns) {}
  virtual ~DistortionTerm() = default;
  const ColumnRange columns;  ///< of x

  /// The loss of columns.of(x) for outputs y [rows, outputs]: of each entry [rows, width], of each row [rows], or its mean [].
  virtual Tensor loss(const Tensor& y, const Tensor& x, Reduction reduction) const = 0;
  /// What the outputs y expect of these columns [rows, width], in the units of x.
  virtual Tensor values(const Tensor& y) const = 0;
  /// Where the outputs are that say where the numbers of these columns lie, one for each, in the units of x: adding to the output moves the
  /// number. Empty where there are none, as of categories.
  virtual ColumnRange locations() const { return {}; }
  /// Whether the columns are one categorical value, whose loss is that of a row, not of an entry.
  virtual bool is_one_value() const { return false; }
  /// Whether it is squared error, whose scale nothing learns.
  virtual bool is_squared_error() const { return false; }
  /// Whether it is a normal distribution with learned noise.
  virtual bool is_normal() const { return false; }
  /// Whether it is the loss of a distribution, for a feature of that kind.
  virtual bool is_distribution_of(FeatureKind) const { return true; }
  /// -log p(x | z, c) of an entry is loss / unit + constant.
  struct Density {
    double unit = 1, constant = 0;
  };
  virtual Density density(double /*beta*/) const { return {}; }
  /// A draw from p(x | z, c) of column i of these, of a numeric feature: y points to the outputs of the row, `value` is that of
  /// values().
  virtual float draw(const float* y, int64_t i, float value, const NumberDraw& random) const;
  /// In a few words, such as "normal of columns 0 to 3".
  std::string describe() const;

 private:
  virtual std::string kind() const = 0;
};

/// The losses of entries [rows, width] summed over each row and, for Reduction::mean, averaged over the rows; or as they are.
Tensor reduced(const Tensor& entries, Reduction reduction);

using DistortionTerms = std::vector<std::shared_ptr<const DistortionTerm>>;

/// How far apart the decoder expects x to lie from its output, for real and heavy-tailed columns: their noise scale.
enum class NoiseMode {
  fixed,   ///< squared error
  one,     ///< one scale for all columns
  column,  ///< one for each column
  entry    ///< one for each row and column, an output of the network
};

/// A learned noise scale, least + log(1 + e^raw), in the units of x; raw is among the decoder's outputs.
struct NoiseScale {
  ColumnRange raw;
  double least = 0.01;
  bool centred = false;  ///< whether raw = 0 means the scale 1; otherwise it starts there
  /// [rows, width], or [rows, 1] where it is the same for all columns.
  Tensor of(const Tensor& y) const;
  double of(const float* y, int64_t i) const;
};

/// @name The terms there are
/// Each takes the columns of x and adds its outputs to the layout.
/// @{
std::shared_ptr<const DistortionTerm> squared_error_term(ColumnRange columns, OutputLayout& layout);
std::shared_ptr<const DistortionTerm> normal_term(ColumnRange columns, OutputLayout& layout,
                                                  const NoiseScale& scale);
/// Binary cross-entropy of columns in 0..1, whose outputs are logits.
std::shared_ptr<const DistortionTerm> bernoulli_term(ColumnRange columns, OutputLayout& layout);
/// Cross-entropy of the one-hot columns of one categorical value, whose outputs are logits.
std::shared_ptr<const DistortionTerm> categorical_term(ColumnRange columns, OutputLayout& layout);
/// Student's t distribution. Its degrees of freedom, one number for each column, are trained.
std::shared_ptr<const DistortionTerm> student_term(ColumnRange columns, OutputLayout& layout,
                                                   const NoiseScale& scale);
/// Counts, of which x holds log(1 + count), scaled by `scales`: Poisson or, with `dispersed`, negative binomial, whose dispersion,
/// one number for each column, is trained.
std::shared_ptr<const DistortionTerm> count_term(ColumnRange columns, OutputLayout& layout,
                                                 const std::vector<float>& means,
                                                 const std::vector<float>& deviations, bool dispersed);
/// @}

/// Where the noise scales of `columns` stand, in a term's outputs; `one` is that of the mode `one`, shared by all terms.
NoiseScale noise_scale_of(NoiseMode mode, ColumnRange columns, double least, OutputLayout& layout,
                          std::optional<NoiseScale>& one);

}  // namespace elbow

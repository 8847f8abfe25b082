#pragma once
#include <array>
#include <vector>

#include "cvae/model.hpp"

namespace elbow {

/// What a Gaussian expects of the columns of numbers, given those that are there: E[x | given], the linear part of the answer, which the
/// nets of a model then need not learn. Mean and covariance are those of the training rows; they are saved and not trained.
class GaussianBase : public Module {
 public:
  /// `means` [columns of x]: which output of the decoder's network is the mean of that column; -1: none, the column is not a number.
  /// `outputs`: how many outputs it has.
  GaussianBase(const std::vector<int64_t>& means, int64_t outputs);
  /// How many columns it looks at.
  int64_t columns() const { return int64_t(numbers_.size()); }

  /// Takes mean and covariance from the training rows: those of largest posterior density (gaussian_em). Of wide tables fewer rows are
  /// looked at.
  void fit(const Dataset& train);

  /// E[x | given] of its columns for a condition c = [x m, m]: [rows, columns()]; given values are themselves. O(columns^3) a row.
  const Tensor& expected(const Tensor& c);
  /// The same at the places of the decoder's outputs, 0 in the others: [rows, outputs].
  Tensor added_to_outputs(const Tensor& c);

 private:
  static constexpr double ridge =
      1e-5;                       ///< added to the correlations' diagonal: columns may depend on each other
  std::vector<int64_t> numbers_;  // columns of x
  Tensor chosen_, places_;        // [columns of x, columns()], [columns(), outputs]: of 0 and 1
  Tensor mean_, deviation_, correlation_;  // [columns()], [columns()], [columns(), columns()]
  // Encoder, decoder and all draws of a latent are asked about the same condition one after the other: it is kept until another one comes,
  // or it is written to. Not on a GPU, where a recorded step replays with other values in the same tensor.
  Tensor c_, expected_;
  std::array<uint32_t, 2> versions_{};
};

}  // namespace elbow

#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "autograd/tensor.hpp"
#include "data/rows.hpp"
#include "nn/linear_algebra.hpp"

namespace elbow {

/// The law N(mean, covariance) of a Gaussian set's rows: what the analytic bound needs.
struct GaussianLaw {
  std::vector<double> mean;  ///< [d]
  Matrix covariance;         ///< [d, d], exact to double precision; may be singular
};

/// The class of each row.
struct Labels {
  std::vector<int32_t> values;  ///< [rows], each in 0..classes-1
  int32_t classes = 0;
  std::vector<std::string> names = {};  ///< [classes], or empty where nobody has named them
};

/// Height and width of the image that a row is; height * width = columns.
struct ImageSize {
  int64_t height = 0, width = 0;
};

/// One set of rows and what is known about it.
struct Dataset {
  std::string name;  ///< of the source
  Rows x;
  std::optional<GaussianLaw> gaussian;
  std::optional<Labels> labels;
  std::optional<ImageSize> image;
  Tensor coordinate;  ///< [rows] float32, where a row lies on its curve, for colours; or undefined
  std::map<std::string, Tensor> extras;  ///< what the set is made of, saved with the run: "P", ...

  int64_t rows() const { return x.size(); }
  int64_t columns() const { return x.columns(); }
};

/// Training and test rows of one description, drawn apart.
struct DataSplit {
  Dataset train, test;
  /// Draws the training rows anew, in place, for the given epoch; epoch 0 gives the rows that were there first.
  /// Empty unless the source is a law and its option `redraw` was asked for.
  std::function<void(Dataset& train, int64_t epoch)> redraw;
};

}  // namespace elbow

#pragma once
#include <cstdint>
#include <vector>

#include "autograd/random.hpp"
#include "base/linear_algebra.hpp"

namespace elbow {

/// What a forest learns to predict of each row: a number, or one of `classes` classes.
struct ForestTarget {
  std::vector<double> values;  ///< [rows]: the number, or the number of the class from 0
  int64_t classes = 0;         ///< 0: numbers
};

struct ForestSettings {
  int64_t trees = 30;
  int64_t least_leaf = 5;  ///< different rows in a leaf; a leaf of few rows would learn their noise
};

/// A random forest (Breiman, "Random forests", 2001) of CART trees (Breiman et al. 1984): each tree is grown from rows that are
/// drawn with replacement, and each of its nodes is split where that lowers the variance of the target most. All inputs are tried at
/// each split, as scikit-learn does for regression. Classes count as their one-hot codes, whose variance is the Gini impurity.
class RandomForest {
 public:
  /// Grows it from inputs [rows, columns]. Tree t draws from the key with step + t. The same bits for any number of threads. Error
  /// if there is no row, the sizes differ, or a class is not one of `classes`.
  RandomForest(const Matrix& inputs, const ForestTarget& target, const RandomKey& key,
               const ForestSettings& settings = {});

  /// The prediction for a row of inputs [columns]: the mean over the trees, or the class with the largest mean share.
  double predict(const double* row) const;

  /// How much each input [columns] lowers the variance, summed over the splits at which it was chosen, as a share of all; averaged
  /// over the trees. All 0 where no tree has a split.
  const std::vector<double>& importances() const { return importances_; }

  /// How well it predicts rows that it was not grown from: R^2 = 1 - squared error / variance of numbers, the share of classes that
  /// are right. R^2 is NaN where all values are alike.
  double score(const Matrix& inputs, const ForestTarget& target) const;

 private:
  struct Node {
    int64_t input = -1;           ///< which one decides; -1: a leaf
    double threshold = 0;         ///< rows with input <= threshold go left
    int64_t left = 0, right = 0;  ///< nodes; of a leaf `left` is where its values begin
  };
  struct Tree {
    std::vector<Node> nodes;
    std::vector<double> values;       ///< of the leaves: the mean, or the share of each class
    std::vector<double> importances;  ///< [columns]
  };
  struct Sums;
  struct SortedInputs;
  class Grower;

  int64_t classes_;
  std::vector<Tree> trees_;
  std::vector<double> importances_;
};

}  // namespace elbow

#pragma once
#include <cstdint>
#include <vector>

#include "autograd/random.hpp"
#include "autograd/tensor.hpp"

namespace elbow {

/// How the masks of arbitrary conditioning are drawn.
struct MaskRule {
  double given = 0.5;  ///< probability that an entry is given
  /// The group of each column, 0, 1, ..., for columns that are given or withheld as a whole (the columns of a
  /// one-hot value). Empty: each column on its own.
  std::vector<int32_t> groups = {};
  /// Instead of `given`, each row has its own probability, uniform in 0..1: every number of given entries is equally
  /// likely. With one probability for all rows and many entries, few or nearly all entries would hardly ever be given.
  bool uniform = false;
};

/// Writes a mask [rows, d] float32: 1 where an entry is given, 0 where it is withheld, independently per row
/// and group. Error if the tensor is not such a matrix, the probability lies outside 0..1, or the groups do not
/// fit its columns.
void draw_mask(const RandomKey& key, const MaskRule& rule, Tensor& mask);

/// Withholds what is not there: mask = 0 where `observed` [rows, d] is 0. An entry that is missing in the data
/// is never given. Error if the shapes differ.
void withhold_missing(const Tensor& observed, Tensor& mask);

/// Writes the condition c = [x * m, m], [rows, 2 d], from x and m, [rows, d] each. What is withheld leaves no
/// trace in c, not even a NaN. Error if the shapes do not fit.
void write_condition(const Tensor& x, const Tensor& mask, Tensor& c);

}  // namespace elbow

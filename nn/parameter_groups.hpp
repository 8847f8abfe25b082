#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nn/module.hpp"

namespace elbow {

/// Whether a parameter, known by its full name and its shape, is meant.
using ParameterFilter = std::function<bool(const std::string& name, const Shape& shape)>;

/// The parameters whose full name is of this form, where `*` matches any letters, dots included: "encoder.*", "*.bias".
ParameterFilter named(const std::string& pattern);

/// Parameters with their own settings of an optimiser (param_groups in PyTorch). Two common ones:
///
///     ParameterGroup slow{.members = named("encoder.*"), .learning_rate_factor = 0.1};
///     ParameterGroup no_decay{.members = [](const auto&, const Shape& s) { return s.rank() < 2; },  // biases, batch norm
///                             .weight_decay = 0};
struct ParameterGroup {
  ParameterFilter members;
  double learning_rate_factor = 1;          ///< times the learning rate of the step
  std::optional<double> weight_decay = {};  ///< nothing: the optimiser's own
};

/// A stretch of the flat buffers that one loop of an optimiser runs over.
struct ParameterRange {
  int64_t first, last;  ///< elements first .. last - 1; both are multiples of 64 bytes
  double learning_rate_factor, weight_decay;
};

/// The flat buffers cut into as few ranges as the groups allow: one where there are none. Parameters in no group have the
/// factor 1 and this weight decay. Error if a parameter is in two groups, or a group has no member.
std::vector<ParameterRange> ranges_of(const FlatParameters& parameters,
                                      const std::vector<ParameterGroup>& groups, double weight_decay);

}  // namespace elbow

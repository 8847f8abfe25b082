#pragma once
#include <vector>

#include "base/config.hpp"
#include "nn/layers.hpp"

namespace elbow {

/// Of a prior's heads, so that training starts with a prior that does not depend on the condition.
inline constexpr Init zero_weights{Init::Distribution::constant, 0};

/// Adds the hidden layers of a prior's net, Linear and activation for each width, by its settings hidden (`widths` where it is
/// left out) and activation. Returns the width of the last one; `in` where there is none.
int64_t add_prior_layers(Sequential& net, int64_t in, const Config& config, const std::vector<int64_t>& widths,
                         RandomStream& initialisation);

}  // namespace elbow

#pragma once

namespace elbow {

/// Whether a matrix enters a product as it lies or transposed.
enum class Trans : bool { no, yes };

}  // namespace elbow

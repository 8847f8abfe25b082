#pragma once

namespace elbow {

/// Whether a matrix enters a product as it lies or transposed.
enum class Trans : bool { no, yes };

/// What a loss over [rows, columns] is reduced to. `mean` is the figure that is trained on and reported: the sum over
/// the columns, averaged over the rows, in nats per row where the loss is in nats.
enum class Reduction {
  none,        ///< [rows, columns]: every element
  per_row,     ///< [rows]: summed over the columns
  per_column,  ///< [columns]: averaged over the rows
  mean         ///< []: summed over the columns, averaged over the rows
};

}  // namespace elbow

#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cvae/experiment.hpp"
#include "data/table_codec.hpp"

namespace elbow {

/// Which features of each row a command gives to the model.
class GivenFeatures {
 public:
  /// `list`: "none" (or empty), "all", "random" (drawn as in the evaluation of a run), or features, by name or by number
  /// from 0, with commas between. Models whose condition is not made of columns take only the empty list. Error that
  /// names the word that is no feature.
  GivenFeatures(const std::string& list, const Experiment& experiment);

  /// The condition of a batch: what is missing is not given. `seed` and `number` (of the batch) are for "random".
  void draw(const Batch& batch, uint64_t seed, uint64_t number, Condition::Drawn& out) const;

 private:
  const Condition& condition_;
  bool random_ = false;
  Mask subset_;  // [features]
};

/// The features that `list` names [features]: "all", or names or numbers with commas between. Error for a model whose
/// condition is not made of columns, and one that names the word that is no feature.
Mask features_given(const std::string& list, const Experiment& experiment);

/// The feature of that name or, if there is none, of that number. Error with the nearest name.
size_t feature_of(const TableCodec& codec, const std::string& text);

/// "0=1.5,2=-0.3" as pairs of a key and a value, both as text. Error for an item without '='.
std::vector<std::pair<std::string, std::string>> assignments_of(const std::string& list);

}  // namespace elbow

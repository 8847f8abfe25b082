#pragma once
#include <cstdint>
#include <string>

namespace elbow {

/// The learning rate as a function of the step. After `warmup` steps, through which it rises linearly from 0, it is
/// constant; or falls by `factor` every `period` steps; or follows half a cosine down to `final` times itself at the last
/// step (Loshchilov & Hutter 2017).
struct Schedule {
  enum class Kind { constant, step, cosine };
  Kind kind = Kind::constant;
  double learning_rate = 1e-3;  ///< the largest one
  int64_t warmup = 0;           ///< in steps
  int64_t period = 1000;        ///< step: how many steps lie between two falls
  double factor = 0.5;          ///< step
  double final = 0;             ///< cosine: a share of learning_rate
  int64_t total = 1;            ///< cosine: the number of steps of the whole training

  /// The rate of step 0, 1, ....
  double at(int64_t step) const;
};

}  // namespace elbow

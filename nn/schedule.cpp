#include "nn/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace elbow {

double Schedule::at(int64_t step) const {
  if (step < warmup) return learning_rate * double(step + 1) / double(warmup);
  const int64_t after = step - warmup;
  switch (kind) {
    case Kind::constant: return learning_rate;
    case Kind::step: return learning_rate * std::pow(factor, double(after / std::max<int64_t>(1, period)));
    case Kind::cosine: {
      const double progress = std::min(1.0, double(after) / double(std::max<int64_t>(1, total - warmup)));
      return learning_rate * (final + (1 - final) * (1 + std::cos(std::numbers::pi * progress)) / 2);
    }
  }
  return learning_rate;
}

}  // namespace elbow

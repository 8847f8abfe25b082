#pragma once
#include <chrono>

namespace elbow {

/// Wall time since it was made, or last restarted.
class Stopwatch {
 public:
  /// Seconds since then.
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  /// Restarts it.
  void restart() { start_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace elbow

#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace elbow {

struct BenchStepOptions {
  std::string config;
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 1;
  bool json = false;
  int models = 1;                ///< so many at once, on a GPU (cvae/fleet.hpp)
  int steps = 300, repeats = 7;  ///< the median over the repeats, of the mean over the steps
};

/// Times the training step of an experiment and the forward pass in evaluation on batches of the same size, after a
/// warm-up: microseconds, allocations a step, and the GFLOP/s that the matrix products of the step come to.
void bench_step(const BenchStepOptions& options, std::ostream& out);

}  // namespace elbow

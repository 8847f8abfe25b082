#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "base/ranks.hpp"

namespace elbow {

struct BenchGemmOptions {
  int threads = 1;
  bool float64 = false;
  bool json = false;       ///< one JSON object per line instead of the table
  int repeats = 41;        ///< samples per product and backend; the median is printed
  double sample_us = 200;  ///< each sample repeats the product for about this long
};

/// Times our kernel, OpenBLAS and, in float32 where it is installed, oneDNN on the products of a linear layer y[M,N] = x[M,K] w[K,N]:
/// forward (NN), dx = dy w^T (NT), dw = x^T dy (TN). Prints GFLOP/s and percent of the multiply-add peak, sample by sample
/// in turn.
int bench_gemm(const BenchGemmOptions& options, std::ostream& out);

struct BenchOpsOptions {
  std::string only;  ///< the name of one op; empty: all of them
  int threads = 1;
  bool float64 = false;
  bool json = false;       ///< one JSON object per line instead of the table
  int repeats = 15;        ///< samples per line; the median is printed
  double sample_us = 500;  ///< each sample repeats the call for about this long
};

/// Times the ops of the registry on the sizes that they name in their samples(), the element-wise ones on [64, 512] if
/// they name none: the forward pass by itself, and with the tape and the backward pass. Throws for a name that no op
/// has.
void bench_ops(const BenchOpsOptions& options, std::ostream& out);

struct BenchStepOptions {
  std::string config;
  std::vector<std::string> settings;  ///< path.to.key=value
  int threads = 1;
  bool json = false;
  int models = 1;                ///< so many at once, on a GPU (cvae/fleet.hpp)
  int steps = 300, repeats = 7;  ///< the median over the repeats, of the mean over the steps
};

/// Times the training step of an experiment and the forward pass in evaluation on batches of the same size, after a
/// warm-up: microseconds, allocations a step. On the CPU also the floating-point operations of the matrix products and
/// convolutions of both, the peak of a core, measured right before and after, the bytes that the optimiser must move from and to
/// memory, and the rate of memory: a bound on the time.
void bench_step(const BenchStepOptions& options, std::ostream& out);

/// What each op of the training step takes, forward and backward, and what is beside the ops: a table, or one JSON object. The sum
/// is the step. On the CPU; throws for a model on another device.
void profile_step(const BenchStepOptions& options, std::ostream& out);

/// Times the sum of vectors of 4 bytes to 8 MB over all ranks, one part each (Ranks::sum), and the exchange of a shared step, in place:
/// the sum of each rank's range, and the ranges to all (sum_range, gather). The least of 30 samples; the first rank prints it.
void bench_ranks(const Ranks& ranks, bool json, std::ostream& out);

}  // namespace elbow

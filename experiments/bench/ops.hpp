#pragma once
#include <iosfwd>
#include <string>

namespace elbow {

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

}  // namespace elbow

#pragma once
#include <iosfwd>

namespace elbow {

struct BenchGemmOptions {
  int threads = 1;
  bool float64 = false;
  bool json = false;       ///< one JSON object per line instead of the table
  int repeats = 41;        ///< samples per product and backend; the median is printed
  double sample_us = 200;  ///< each sample repeats the product for about this long
};

/// Best rate of multiply-adds of one core, in GFLOP/s, that this build can issue: 16 independent chains in
/// registers. Takes about 20 microseconds; measure it beside what it is compared with, because clocks drift.
template <class T> double measure_fma_peak();

/// Times our kernel and OpenBLAS on the products of a linear layer y[M,N] = x[M,K] w[K,N]: forward (NN), dx =
/// dy w^T (NT), dw = x^T dy (TN). Prints GFLOP/s and percent of the multiply-add peak, sample by sample in
/// turn.
int bench_gemm(const BenchGemmOptions& options, std::ostream& out);

}  // namespace elbow

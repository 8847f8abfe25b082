#pragma once
#include <cstdint>
#include <string>

namespace elbow {

/// What the program was built with and runs on.
struct Machine {
  std::string version, compiler, build, isa, blas, blas_core;
  int threads = 1;
};
Machine machine();

/// Largest resident memory of this process so far, in MB (2^20 bytes).
double peak_rss_mb();

/// How many threads to use; 0 = one for each core. Error for a negative number or
/// more than 512.
void set_threads(int threads);

}  // namespace elbow

#pragma once
#include <cstdint>
#include <vector>

/// What the machine can do at most: the two rates that bound a training step from below.
namespace elbow {

/// The middle one; of an even number, the upper of the two.
double median_of(std::vector<double> values);

/// Best rate of multiply-adds of one core, in GFLOP/s, that this build can issue: 12 independent chains in
/// registers. Takes about 20 microseconds; measure it together with what it is compared with, because clocks drift.
template <class T> double measure_fma_peak();
/// The median of 21 such measurements.
template <class T> double median_fma_peak();

/// The rate at which all threads together read numbers from memory and write them back, in GB/s (10^9 bytes). An optimiser does the
/// same. 128 MB of float32, more than caches hold, are multiplied in place: 4 bytes read and 4 bytes written for each number. The
/// median of 5 passes, about 0.1 seconds.
double median_memory_rate();
/// Bytes of the last-level cache, of which other programs take a share. 8 MB where Linux says nothing of a third level.
int64_t last_cache_bytes();

}  // namespace elbow

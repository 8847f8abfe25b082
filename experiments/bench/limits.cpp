#include "experiments/bench/limits.hpp"

#include <algorithm>
#include <fstream>

#include "autograd/kernels/xsimd.hpp"
#include "autograd/tensor.hpp"
#include "base/parallel.hpp"
#include "base/stopwatch.hpp"

namespace elbow {
namespace {

template <class T> volatile T sink;  // keeps the peak loop's result alive

}  // namespace

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

template <class T> double measure_fma_peak() {
  using V = xsimd::batch<T>;
  constexpr int chains = 12, rounds = 6000;  // 12 chains fit the 16 registers of SSE and AVX with both factors
  V x[chains];
  for (V& v : x) v = V(T(1));
  const V factor(T(0.999)), shift(T(0.5));
  const Stopwatch watch;
  for (int r = 0; r < rounds; ++r)
#pragma GCC unroll 16
    for (int c = 0; c < chains; ++c) x[c] = x[c] * factor + shift;
  const double seconds = watch.seconds();
  V sum = x[0];
  for (int c = 1; c < chains; ++c) sum = sum + x[c];
  T lanes[V::size];
  sum.store_unaligned(lanes);
  sink<T> = lanes[0];
  return 2.0 * chains * rounds * double(V::size) / seconds * 1e-9;
}
template double measure_fma_peak<float>();
template double measure_fma_peak<double>();

template <class T> double median_fma_peak() {
  std::vector<double> peaks;
  for (int i = 0; i < 21; ++i) peaks.push_back(measure_fma_peak<T>());
  return median_of(peaks);
}
template double median_fma_peak<float>();
template double median_fma_peak<double>();

double median_memory_rate() {
  constexpr int64_t numbers = int64_t{1} << 25, grain = numbers / 64;
  // Of the pool, as the parameters are: a large block of it lies on huge pages.
  Tensor tensor =
      Tensor::ones({numbers}, DType::float32, Device::cpu);  // writes each page: none is new to the first pass
  float* const x = tensor.data<float>();
  const auto pass = [x](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) x[i] *= 1.0001F;
  };
  std::vector<double> rates;
  for (int i = 0; i < 5; ++i) {
    const Stopwatch watch;
    parallel_ranges(numbers, grain, RangeWork(pass));
    rates.push_back(2.0 * sizeof(float) * double(numbers) / watch.seconds() * 1e-9);
  }
  return median_of(rates);
}

// Linux knows the cache that a core reaches; sysconf() gives that of all cores of an AMD processor together.
int64_t last_cache_bytes() {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size");
  int64_t kilobytes = 0;
  return file >> kilobytes ? kilobytes << 10 : int64_t{8} << 20;  // the text is such as 32768K
}

}  // namespace elbow

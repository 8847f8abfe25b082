#include "experiments/bench/bench.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include "autograd/kernels/gemm/gemm.hpp"
#include "base/parallel.hpp"
#include "base/stopwatch.hpp"
#include "experiments/bench/limits.hpp"

namespace elbow {
namespace {

struct Layer {
  int64_t m, n, k;
};
constexpr Layer layers[] = {{64, 64, 64},   {64, 64, 6},     {64, 64, 68},      {64, 256, 256},
                            {64, 512, 512}, {512, 512, 512}, {1024, 1024, 1024}};
/// Thin products of the small models' first and last layers, and a single row.
constexpr Layer thin[] = {{64, 64, 2}, {64, 64, 4}, {64, 2, 64}, {64, 10, 64}, {1, 64, 64}, {8, 64, 64}};

/// One product on its own matrices, at 64-byte boundaries as the arenas give them.
template <class T> class Product {
 public:
  Product(Trans ta, Trans tb, int64_t m, int64_t n, int64_t k) {
    const auto room = [](int64_t count) { return (count + 15) / 16 * 16; };
    const int64_t total = room(m * k) + room(k * n) + room(m * n);
    data_.reset(new (std::align_val_t{64}) T[std::size_t(total)]);
    for (int64_t i = 0; i < total; ++i) data_.get()[i] = T(i % 13 - 6) / 8;
    T *const a = data_.get(), *const b = a + room(m * k), *const c = b + room(k * n);
    args_ = {ta, tb, m, n, k, a, ta == Trans::yes ? m : k, b, tb == Trans::yes ? k : n, false, c, n};
  }
  const GemmArgs<T>& args() const { return args_; }
  double flops() const { return 2.0 * double(args_.m) * double(args_.n) * double(args_.k); }

 private:
  struct Free {
    void operator()(T* p) const { ::operator delete[](p, std::align_val_t{64}); }
  };
  std::unique_ptr<T[], Free> data_;
  GemmArgs<T> args_;
};

/// Seconds per call of f, over `calls` calls.
template <class F> double time_calls(int calls, F f) {
  const Stopwatch watch;
  for (int i = 0; i < calls; ++i) f();
  return watch.seconds() / calls;
}

struct Result {
  double gflops, percent;  // medians
};

/// Both backends on one product, sample by sample in turn, each sample along with a fresh measurement of the peak.
template <class T> std::vector<Result> measure(const Product<T>& product, const BenchGemmOptions& options) {
  void (*const backends[])(const GemmArgs<T>&) = {&gemm_simd<T>, &gemm_openblas<T>};
  std::vector<Result> results;
  std::vector<double> rates[2], shares[2];
  int calls[2];
  for (int b = 0; b < 2; ++b) {
    backends[b](product.args());  // buffers, page faults, thread teams
    const double once = time_calls(3, [&] { backends[b](product.args()); });
    calls[b] = std::max(1, int(options.sample_us * 1e-6 / once));
  }
  for (int r = 0; r < options.repeats; ++r)
    for (int b = 0; b < 2; ++b) {
      const double peak = measure_fma_peak<T>() * options.threads;
      const double rate = product.flops() / time_calls(calls[b], [&] { backends[b](product.args()); }) * 1e-9;
      rates[b].push_back(rate);
      shares[b].push_back(100 * rate / peak);
    }
  for (int b = 0; b < 2; ++b) results.push_back({median_of(rates[b]), median_of(shares[b])});
  return results;
}

template <class T>
void line(const Layer& layer, const char* form, const BenchGemmOptions& options, std::ostream& out) {
  const bool nt = form[1] == 'T', tn = form[0] == 'T';
  const int64_t m = tn ? layer.k : layer.m, n = nt ? layer.k : layer.n,
                k = nt   ? layer.n
                    : tn ? layer.m
                         : layer.k;
  const Product<T> product(Trans(tn), Trans(nt), m, n, k);
  const auto r = measure(product, options);
  if (options.json) {
    out << "{\"layer\":[" << layer.m << ',' << layer.n << ',' << layer.k << "],\"form\":\"" << form
        << "\",\"m\":" << m << ",\"n\":" << n << ",\"k\":" << k << ",\"simd_gflops\":" << r[0].gflops
        << ",\"simd_percent\":" << r[0].percent << ",\"openblas_gflops\":" << r[1].gflops
        << ",\"openblas_percent\":" << r[1].percent << '}' << std::endl;
    return;
  }
  const auto dims = std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k);
  out << "  " << form << "  " << std::left << std::setw(20) << dims << std::right << std::fixed
      << std::setprecision(1);
  for (const Result& x : r) out << std::setw(9) << x.gflops << std::setw(7) << x.percent << '%';
  out << "   " << std::setw(5) << std::setprecision(2) << r[0].gflops / r[1].gflops << std::endl;
}

template <class T> void table(const BenchGemmOptions& options, std::ostream& out) {
  if (!options.json) out << "  form  m x n x k            simd GFLOP/s, %    openblas GFLOP/s, %   ratio\n";
  for (const Layer& layer : layers)
    for (const char* form : {"NN", "NT", "TN"}) line<T>(layer, form, options, out);
  for (const Layer& layer : thin)
    for (const char* form : {"NN", "NT", "TN"}) line<T>(layer, form, options, out);
}

}  // namespace

int bench_gemm(const BenchGemmOptions& options, std::ostream& out) {
  const int threads_before = num_threads();
  set_num_threads(options.threads);
  const double peak = options.float64 ? median_fma_peak<double>() : median_fma_peak<float>();
  const char* const forced = std::getenv("OPENBLAS_CORETYPE");
  if (options.json) {
    out << "{\"bench\":\"gemm\",\"dtype\":\"" << (options.float64 ? "float64" : "float32") << "\",\"isa\":\""
        << gemm_isa() << "\",\"openblas_core\":\"" << openblas_core() << "\",\"openblas_config\":\""
        << openblas_config() << "\",\"threads\":" << options.threads << ",\"peak_gflops_per_core\":" << peak
        << ",\"openblas_coretype\":\"" << (forced ? forced : "") << "\"}" << std::endl;
  } else {
    out << "matrix products, " << (options.float64 ? "float64" : "float32") << ", " << options.threads
        << " thread(s), median of " << options.repeats << "\n  isa " << gemm_isa() << ", peak " << std::fixed
        << std::setprecision(1) << peak << " GFLOP/s per core\n  OpenBLAS core " << openblas_core() << " ("
        << openblas_config() << ")\n";
    if (forced)
      out << "  warning: OPENBLAS_CORETYPE=" << forced
          << " is set, so OpenBLAS does not use the kernels of this machine; unset it to measure\n";
  }
  if (options.float64)
    table<double>(options, out);
  else
    table<float>(options, out);
  set_num_threads(threads_before);
  return 0;
}

}  // namespace elbow

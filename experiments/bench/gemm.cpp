#include "experiments/bench/bench.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "autograd/kernels/gemm/gemm.hpp"
#include "base/parallel.hpp"
#include "base/stopwatch.hpp"
#include "experiments/bench/limits.hpp"
#include "experiments/bench/onednn.hpp"

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

/// One of those that are timed in turn. The first one is ours.
template <class T> struct Contender {
  const char* name;  // of its column, and of its JSON keys
  void (*product)(const GemmArgs<T>&);
  void (*rest)() = [] {};  // after a sample: leaves the cores to the next one
};

template <class T> std::vector<Contender<T>> contenders() {
  std::vector<Contender<T>> all = {{"simd", gemm_simd<T>}, {"openblas", gemm_openblas<T>}};
  if constexpr (std::is_same_v<T, float>)  // oneDNN has no product in double precision
    if (!onednn_version().empty()) all.push_back({"onednn", gemm_onednn, end_onednn_threads});
  return all;
}

/// Seconds per call of the product, over `calls` calls after a first one, in which buffers and teams of threads come to be. A long
/// first call will do: they hardly count there.
template <class T> double time_calls(const Contender<T>& contender, const GemmArgs<T>& args, int calls) {
  Stopwatch watch;
  contender.product(args);
  double seconds = watch.seconds();
  if (seconds < 5e-3) {
    watch.restart();
    for (int i = 0; i < calls; ++i) contender.product(args);
    seconds = watch.seconds() / calls;
  }
  contender.rest();
  return seconds;
}

struct Result {
  double gflops, percent;  // medians
};

/// All contenders on one product, sample by sample in turn, each sample along with a fresh measurement of the peak.
template <class T>
std::vector<Result> measure(const std::vector<Contender<T>>& all, const Product<T>& product,
                            const BenchGemmOptions& options) {
  std::vector<std::vector<double>> rates(all.size()), shares(all.size());
  std::vector<int> calls;
  for (const auto& contender : all)
    calls.push_back(std::max(1, int(options.sample_us * 1e-6 / time_calls(contender, product.args(), 3))));
  for (int r = 0; r < options.repeats; ++r)
    for (size_t i = 0; i < all.size(); ++i) {
      const double peak = measure_fma_peak<T>() * options.threads;
      const double rate = product.flops() / time_calls(all[i], product.args(), calls[i]) * 1e-9;
      rates[i].push_back(rate);
      shares[i].push_back(100 * rate / peak);
    }
  std::vector<Result> results;
  for (size_t i = 0; i < all.size(); ++i) results.push_back({median_of(rates[i]), median_of(shares[i])});
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
  const auto all = contenders<T>();
  const auto r = measure(all, product, options);
  if (options.json) {
    out << "{\"layer\":[" << layer.m << ',' << layer.n << ',' << layer.k << "],\"form\":\"" << form
        << "\",\"m\":" << m << ",\"n\":" << n << ",\"k\":" << k;
    for (size_t i = 0; i < r.size(); ++i)
      out << ",\"" << all[i].name << "_gflops\":" << r[i].gflops << ",\"" << all[i].name
          << "_percent\":" << r[i].percent;
    out << '}' << std::endl;
    return;
  }
  const auto dims = std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k);
  out << "  " << form << "  " << std::left << std::setw(20) << dims << std::right << std::fixed
      << std::setprecision(1);
  for (const Result& x : r) out << std::setw(9) << x.gflops << std::setw(7) << x.percent << '%';
  double best_peer = 0;
  for (size_t i = 1; i < r.size(); ++i) best_peer = std::max(best_peer, r[i].gflops);
  out << "   " << std::setw(5) << std::setprecision(2) << r[0].gflops / best_peer << std::endl;
}

template <class T> void table(const BenchGemmOptions& options, std::ostream& out) {
  if (!options.json) {
    out << "  form  m x n x k     ";
    for (const auto& contender : contenders<T>()) out << std::setw(17) << contender.name;
    out << "   ratio\n";
  }
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
  const std::string onednn = options.float64 ? "" : onednn_version();
  if (options.json) {
    out << "{\"bench\":\"gemm\",\"dtype\":\"" << (options.float64 ? "float64" : "float32") << "\",\"isa\":\""
        << gemm_isa() << "\",\"openblas_core\":\"" << openblas_core() << "\",\"openblas_config\":\""
        << openblas_config() << "\",\"threads\":" << options.threads << ",\"peak_gflops_per_core\":" << peak
        << ",\"openblas_coretype\":\"" << (forced ? forced : "") << '"';
    if (!onednn.empty()) out << ",\"onednn\":\"" << onednn << '"';
    out << '}' << std::endl;
  } else {
    out << "matrix products, " << (options.float64 ? "float64" : "float32") << ", " << options.threads
        << " thread(s), median of " << options.repeats
        << "; GFLOP/s and % of the peak; ratio: simd to the better of the others\n  isa " << gemm_isa()
        << ", peak " << std::fixed << std::setprecision(1) << peak << " GFLOP/s per core\n  OpenBLAS core "
        << openblas_core() << " (" << openblas_config() << ")\n";
    if (!onednn.empty()) out << "  oneDNN " << onednn << '\n';
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

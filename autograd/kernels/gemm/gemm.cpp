#include "autograd/kernels/gemm/gemm.hpp"

#include <atomic>
#include <cstdlib>
#include <string>

#include "autograd/profile.hpp"
#include "base/error.hpp"

namespace elbow {
namespace {

GemmBackend backend_from_environment() {
  const char* const value = std::getenv("ELBOW_GEMM");
  const std::string name = value ? value : "";
  if (name == "simd" || name == "auto" || name.empty())
    return GemmBackend::simd;  // auto: the name of a former rule
  if (name == "openblas") return GemmBackend::openblas;
  fail("gemm", "ELBOW_GEMM=", name, ": expected simd or openblas");
}

std::atomic<int> chosen{-1};  // a GemmBackend, or -1 while nobody has asked

}  // namespace

GemmBackend gemm_backend() {
  int value = chosen.load(std::memory_order_relaxed);
  if (value < 0) {
    value = int(backend_from_environment());
    chosen.store(value, std::memory_order_relaxed);
  }
  return GemmBackend(value);
}

void set_gemm_backend(GemmBackend backend) { chosen.store(int(backend), std::memory_order_relaxed); }

template <class T> void gemm(const GemmArgs<T>& g) {
  MultiplyAdds::add(g.m, g.n, g.k);
  if (gemm_backend() == GemmBackend::openblas) return gemm_openblas(g);
  gemm_simd(g);
}

template void gemm(const GemmArgs<float>&);
template void gemm(const GemmArgs<double>&);

}  // namespace elbow

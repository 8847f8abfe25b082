#include "autograd/gemm/gemm.hpp"

#include <atomic>
#include <cstdlib>
#include <string>

#include "autograd/error.hpp"

namespace elbow {
namespace {

GemmBackend backend_from_environment() {
  const char* const value = std::getenv("ELBOW_GEMM");
  const std::string name = value ? value : "auto";
  if (name == "auto" || name.empty()) return GemmBackend::automatic;
  if (name == "simd") return GemmBackend::simd;
  if (name == "openblas") return GemmBackend::openblas;
  fail("gemm", "ELBOW_GEMM=", name, ": expected simd, openblas or auto");
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

template <class T> GemmBackend gemm_auto_choice(const GemmArgs<T>&) { return GemmBackend::simd; }

template <class T> void gemm(const GemmArgs<T>& g) {
  GemmBackend backend = gemm_backend();
  if (backend == GemmBackend::automatic) backend = gemm_auto_choice(g);
  if (backend == GemmBackend::openblas) return gemm_openblas(g);
  gemm_simd(g);
}

template void gemm(const GemmArgs<float>&);
template void gemm(const GemmArgs<double>&);
template GemmBackend gemm_auto_choice(const GemmArgs<float>&);
template GemmBackend gemm_auto_choice(const GemmArgs<double>&);

}  // namespace elbow

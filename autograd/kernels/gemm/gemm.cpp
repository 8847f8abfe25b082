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

// The rule comes from `elbow bench gemm` on a Zen 5 core with AVX-512: our kernel is level or ahead wherever C
// is at least a vector wide, and OpenBLAS has the better kernels for narrow and for very shallow products. It
// looks at shape and transposes only.
template <class T> GemmBackend gemm_auto_choice(const GemmArgs<T>& g) {
  constexpr auto vector = int64_t(64 / sizeof(T));
  if (g.m <= 1 || g.n <= 1 || g.k < 1 || g.m * g.n * g.k > int64_t(1) << 18) return GemmBackend::simd;
  const bool narrow = g.n < vector;
  const bool few_rows_by_transposed = g.tb == Trans::yes && g.m <= vector / 2 && g.k >= vector;
  const bool shallow = g.k <= 8 && g.tb == Trans::no && g.m > 8 && !g.bias && g.activation == Activation::none;
  return narrow || few_rows_by_transposed || shallow ? GemmBackend::openblas : GemmBackend::simd;
}

template <class T> void gemm(const GemmArgs<T>& g) {
  MultiplyAdds::add(g.m, g.n, g.k);
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

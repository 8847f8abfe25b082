#include "experiments/bench/onednn.hpp"

#include <dlfcn.h>

#include "base/error.hpp"
#include "base/parallel.hpp"

namespace elbow {
namespace {

// What we call of oneDNN, and of the OpenMP that it was linked with: ours may be another.
struct OneDnn {
  struct Version {
    int major, minor, patch;
  };
  const Version* (*version)() = nullptr;
  int (*sgemm)(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
               int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) = nullptr;
  void (*set_threads)(int) = nullptr;
  int (*pause)(int) = nullptr;
  bool installed = false;

  OneDnn() {
    void* library = nullptr;
    for (const char* name : {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"})
      if (!library) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    installed = true;
    const auto find = [&]<class F>(F& function,
                                   const char* name) {  // in the library, and in those that it needs
      function = reinterpret_cast<F>(dlsym(library, name));
      installed = installed && function;
    };
    find(version, "dnnl_version");
    find(sgemm, "dnnl_sgemm");
    find(set_threads, "omp_set_num_threads");
    find(pause, "omp_pause_resource_all");
  }
};

const OneDnn& onednn() {
  static const OneDnn library;
  return library;
}

}  // namespace

std::string onednn_version() {
  if (!onednn().installed) return "";
  const OneDnn::Version& v = *onednn().version();
  return str(v.major, '.', v.minor, '.', v.patch);
}

void gemm_onednn(const GemmArgs<float>& g) {
  if (!onednn().installed) fail("gemm", "oneDNN is not installed");
  const auto letter = [](Trans t) { return t == Trans::yes ? 'T' : 'N'; };
  onednn().set_threads(num_threads());
  if (const int status = onednn().sgemm(letter(g.ta), letter(g.tb), g.m, g.n, g.k, 1, g.a, g.lda, g.b, g.ldb,
                                        g.accumulate ? 1 : 0, g.c, g.ldc))
    fail("gemm", "oneDNN reports error ", status);
}

void end_onednn_threads() {
  constexpr int soft = 1;  // omp_pause_soft: settings stay
  if (onednn().installed) onednn().pause(soft);
}

}  // namespace elbow

#include "base/machine.hpp"

#include <sys/resource.h>

#include <xsimd/xsimd.hpp>

#include "base/blas.hpp"
#include "base/error.hpp"
#include "base/parallel.hpp"

#ifndef ELBOW_VERSION
#define ELBOW_VERSION "unknown"
#endif

namespace elbow {

Machine machine() {
  Machine m;
  m.version = ELBOW_VERSION;
  m.compiler = str("g++ ", __VERSION__);
#if defined(__clang__)
  m.compiler = __VERSION__;
#endif
#if defined(NDEBUG) || defined(__OPTIMIZE__)
  m.build = "release";
#else
  m.build = "debug";
#endif
  m.isa = xsimd::default_arch::name();
  m.blas = openblas_get_config();
  m.blas.erase(m.blas.find_last_not_of(' ') + 1);
  m.blas_core = openblas_get_corename();
  m.threads = num_threads();
  return m;
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_maxrss) / 1024;
}

void set_threads(int threads) {
  constexpr int most = 512;  // beyond that, stacks and workspaces of the threads themselves become the problem
  if (threads < 0 || threads > most)
    throw Error(str("--threads: must be a number up to ", most, ", or 0 for all cores, not ", threads));
  set_num_threads(threads ? threads : available_threads());
}

}  // namespace elbow

#pragma once
#include <omp.h>

// OpenBLAS's header, of the build that the library is linked with.
#if __has_include(<openblas-openmp/cblas.h>)
#include <openblas-openmp/cblas.h>  // Debian: the OpenMP build, whichever build is the system's default
#else
#include <cblas.h>
#endif

namespace elbow {

/// BLAS and LAPACK on the calling thread alone for as long as this lives: they share sums out among threads, so that their
/// last bits would depend on how many there are. What is worth several threads is cut in pieces by us.
class OneBlasThread {
 public:
  // The OpenMP build of OpenBLAS asks OpenMP, whose setting is the thread's own. Another build has a setting of its own for the
  // whole process, which is set once.
  OneBlasThread() : before_(omp_get_max_threads()) {
    [[maybe_unused]] static const bool once = (openblas_set_num_threads(1), true);
    omp_set_num_threads(1);
  }
  ~OneBlasThread() { omp_set_num_threads(before_); }
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  int before_;
};

}  // namespace elbow

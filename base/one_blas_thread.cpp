#include "base/one_blas_thread.hpp"

#include <omp.h>

#include "base/openblas.hpp"

namespace elbow {

// The OpenMP build of OpenBLAS asks OpenMP, whose setting is the thread's own. Another build has a setting of its own for the
// whole process, which is set once.
OneBlasThread::OneBlasThread() : before_(omp_get_max_threads()) {
  [[maybe_unused]] static const bool once = (openblas_set_num_threads(1), true);
  omp_set_num_threads(1);
}
OneBlasThread::~OneBlasThread() { omp_set_num_threads(before_); }

}  // namespace elbow

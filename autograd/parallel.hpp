#pragma once
#include <omp.h>

#include <cstdint>
#include <exception>

namespace elbow {

/// Work on fewer elements than this is not worth a fork of the OpenMP threads: a few microseconds on idle cores, but
/// milliseconds when another program holds one of them.
inline constexpr int64_t parallel_threshold = 1 << 17;

/// f(i) for i < n, on all threads when `elements`, the size of the whole work, is worth it. The tasks must not
/// depend on each other, nor on the number of threads: then neither does the result.
template <class F> void parallel_for(int64_t n, int64_t elements, F f) {
  if (elements < parallel_threshold || n < 2 || omp_get_max_threads() == 1 || omp_in_parallel()) {
    for (int64_t i = 0; i < n; ++i) f(i);
    return;
  }
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < n; ++i) f(i);
}

/// f(i) for i < n on all threads, for few long tasks of unlike length; rethrows one of their errors, which must not
/// leave an OpenMP region by themselves. Inside it BLAS and LAPACK stay on the thread that calls them, so that results
/// do not depend on the number of threads.
template <class F> void parallel_tasks(int64_t n, const F& f) {
  std::exception_ptr error;
#pragma omp parallel for schedule(dynamic)
  for (int64_t i = 0; i < n; ++i) {
    try {
      f(i);
    } catch (...) {
#pragma omp critical(elbow_task_error)
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace elbow

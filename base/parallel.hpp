#pragma once
#include <cstdint>
#include <memory>

namespace elbow {

/// How many threads share work: set_num_threads, else OMP_NUM_THREADS, else the number that the process may use
/// at once.
int num_threads();
/// How many threads the process may run at once: cores that it may use, and no more than its control group has time for.
int available_threads();
/// Error unless n is 1 to 512. Not to be called while other threads compute.
void set_num_threads(int n);
/// Whether the calling thread is at work for a parallel_for or a parallel_tasks: what it calls stays on it.
bool in_parallel();

/// While one lives, what its thread calls stays on it, as in a parallel_for: for threads that share the cores out themselves.
class [[nodiscard]] AtWork {
 public:
  AtWork();
  ~AtWork();
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  bool before_;
};

/// Work on fewer elements than this is not worth a second thread: a few microseconds on idle cores, but milliseconds when
/// another program holds one of them.
inline constexpr int64_t parallel_threshold = 1 << 17;

/// A reference to a callable (begin, end), for as long as that lives.
struct RangeWork {
  template <class F>
  explicit RangeWork(const F& f)
      : object(std::addressof(f)), call([](const void* object, int64_t begin, int64_t end) {
          (*static_cast<const F*>(object))(begin, end);
        }) {}
  const void* object;
  void (*call)(const void* object, int64_t begin, int64_t end);
};

/// work(begin, end) for ranges that make up 0 .. n - 1 together, on all threads that are free for it, the calling one among
/// them. They begin at multiples of `grain`, and are one `grain` long, or all of it where no thread is free. Rethrows one of the
/// errors. Who gets which range is a matter of chance: the results must not depend on it.
void parallel_ranges(int64_t n, int64_t grain, RangeWork work);

/// f(i) for i < n, on all threads when `elements`, the size of the whole work, is worth it. The tasks must not
/// depend on each other, nor on the number of threads: then neither does the result.
template <class F> void parallel_for(int64_t n, int64_t elements, const F& f) {
  const auto range = [&f](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  };
  if (elements < parallel_threshold || n < 2 || num_threads() == 1 || in_parallel()) return range(0, n);
  // Some ranges for each thread: when another program takes a core away, the other threads do what is left.
  const int64_t ranges = int64_t{4} * num_threads();
  parallel_ranges(n, (n + ranges - 1) / ranges, RangeWork(range));
}

/// f(i) for i < n on all threads, for few long tasks of unlike length.
template <class F> void parallel_tasks(int64_t n, const F& f) {
  const auto range = [&f](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  };
  parallel_ranges(n, 1, RangeWork(range));
}

}  // namespace elbow

// The team of threads behind parallel_for: fork and join in a microsecond on idle cores, and no worse than one thread on busy
// ones.
//
// OpenMP has a barrier at the end of a region, and all threads must come to it. When another program holds a core, each
// of a training step's hundred barriers may wait a scheduler's time slice for a thread that had nothing to do; that
// costs a factor of 3 to 17, and no setting of the barrier's spinning is right for both idle and busy cores. Here the
// caller waits only for ranges that a helper has started. A helper that comes late finds the work done, and a helper
// that lost its core in the middle of a range is left alone for a while.
#include "base/parallel.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"

namespace elbow {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int most_threads = 512;
// How long a helper looks for the next region before it sleeps: longer than the serial work between two of them.
constexpr auto patience = 200us;
// The account of what helpers save and what it costs to wait for them: the most that it may hold, the debt at which the caller goes
// on alone, and for how long: the longer, the more often helpers were of no use.
constexpr auto most_credit = 20ms, most_debt = 1ms, shortest_pause = 10ms, longest_pause = 640ms;

thread_local bool working = false;
int default_threads() {
  const char* const text =
      std::getenv("OMP_NUM_THREADS");  // may be a list, for nested regions: the first counts
  const int wanted = text ? std::atoi(text) : 0;
  return wanted > 0 && wanted <= most_threads ? wanted : std::min(available_threads(), most_threads);
}
std::atomic<int> threads_wanted{0};  // 0: not set yet

class Team {
 public:
  void run(int threads, int64_t n, int64_t grain, RangeWork work);

 private:
  // The ranges of one thread: it takes them from the front, and so does whoever has none left of its own. Contiguous, so
  // that a thread finds in its cache what it wrote in the region before.
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  int64_t work_as(int id);
  void help(int id);
  int start_helpers(int wanted);
  void book(Clock::duration saved, Clock::duration waited);

  std::mutex regions_;  // one region at a time: a second caller computes alone
  // Of the region that is open, written by its caller while no helper is inside.
  int threads_ = 1;
  int64_t grain_ = 1;
  RangeWork work_{[](int64_t, int64_t) {}};
  std::array<Share, most_threads> shares_{};
  std::mutex error_mutex_;
  std::exception_ptr error_;

  std::atomic<uint32_t> region_{0};  // odd while one is open
  std::atomic<int> inside_{0};       // helpers that are, or are about to find that the region has closed
  int helpers_ = 0;                  // threads that were ever started

  Clock::time_point alone_until_{};
  Clock::duration credit_{}, pause_ = shortest_pause;
};

// Returns how many ranges the thread has done.
int64_t Team::work_as(int id) {
  const AtWork at_work;
  int64_t done = 0;
  for (int i = 0; i < threads_; ++i) {
    Share& share = shares_[size_t((id + i) % threads_)];
    while (share.next.load(std::memory_order_relaxed) < share.end) {
      const int64_t begin = share.next.fetch_add(grain_, std::memory_order_relaxed);
      if (begin >= share.end) break;
      try {
        work_.call(work_.object, begin, std::min(begin + grain_, share.end));
      } catch (...) {
        const std::lock_guard lock(error_mutex_);
        error_ = std::current_exception();
      }
      ++done;
    }
  }
  return done;
}

// A helper's life. It announces itself before it looks whether the region is open, and the caller closes the region before it
// looks who is inside; both in the one order of sequentially consistent operations. So whatever the helper found, the
// caller either sees it inside and waits, or the helper sees the region closed and leaves.
void Team::help(int id) {
  for (uint32_t seen = 0;;) {
    auto asleep_at = Clock::now() + patience;
    uint32_t now = region_.load();
    for (; now == seen || now % 2 == 0; now = region_.load()) {
      std::this_thread::yield();
      if (Clock::now() < asleep_at) continue;
      region_.wait(now);
      asleep_at = Clock::now() + patience;
    }
    ++inside_;
    now = region_.load();
    if (now % 2 == 1 && id < threads_) work_as(id);
    --inside_;
    seen = now;
  }
}

// Where a core is lost to another program for some milliseconds now and then, help pays all the same; where there is
// none to spare, it does not. The account distinguishes them without knowing the machine.
void Team::book(Clock::duration saved, Clock::duration waited) {
  credit_ = std::min<Clock::duration>(credit_ + saved - waited, most_credit);
  if (credit_ == most_credit) pause_ = shortest_pause;
  if (credit_ >= -most_debt) return;
  alone_until_ = Clock::now() + pause_;
  pause_ = std::min<Clock::duration>(2 * pause_, longest_pause);
  credit_ = {};
}

// Returns how many there are: fewer than requested if the system allows no more.
int Team::start_helpers(int wanted) {
  try {
    for (; helpers_ < wanted; ++helpers_) std::thread([this, id = helpers_ + 1] { help(id); }).detach();
  } catch (const std::system_error&) {}
  return std::min(helpers_, wanted);
}

void Team::run(int threads, int64_t n, int64_t grain, RangeWork work) {
  const std::unique_lock lock(regions_, std::try_to_lock);
  const auto opened = Clock::now();
  if (!lock || opened < alone_until_) {
    const AtWork at_work;
    return work.call(work.object, 0, n);
  }
  threads = std::min(threads, start_helpers(threads - 1) + 1);
  threads_ = threads;
  grain_ = grain;
  work_ = work;
  error_ = nullptr;
  const int64_t ranges = (n + grain - 1) / grain;
  for (int64_t t = 0; t < threads; ++t) {
    shares_[size_t(t)].next.store(ranges * t / threads * grain, std::memory_order_relaxed);
    shares_[size_t(t)].end = std::min(n, ranges * (t + 1) / threads * grain);
  }
  ++region_;  // open
  region_.notify_all();
  const int64_t own = work_as(0);
  ++region_;  // closed
  const auto closed = Clock::now();
  while (inside_.load() > 0) std::this_thread::yield();
  // The others' ranges would have taken the caller as long as its own did.
  book((closed - opened) * (ranges - own) / std::max<int64_t>(own, 1), Clock::now() - closed);
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

// Never destroyed: its helpers wait for work until the process ends.
Team& team() {
  static Team& only = *new Team;
  return only;
}

}  // namespace

int num_threads() {
  int n = threads_wanted.load(std::memory_order_relaxed);
  if (n == 0) threads_wanted.store(n = default_threads(), std::memory_order_relaxed);
  return n;
}

int available_threads() {
  cpu_set_t allowed;  // of 1024 processors; with more, the call fails
  const int cores = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                        ? CPU_COUNT(&allowed)
                        : std::max(1, int(std::thread::hardware_concurrency()));
  int64_t quota = 0,
          period = 0;  // of processor time, of the control group: of a container, say; "max" if there is none
  std::ifstream limit("/sys/fs/cgroup/cpu.max");
  if (!(limit >> quota >> period) || quota <= 0 || period <= 0) return cores;
  return int(std::clamp<int64_t>((quota + period - 1) / period, 1, cores));
}

void set_num_threads(int n) {
  if (n < 1 || n > most_threads) fail("set_num_threads", n, " is no number of threads: 1 to ", most_threads);
  threads_wanted.store(n, std::memory_order_relaxed);
}

bool in_parallel() { return working; }
AtWork::AtWork() : before_(std::exchange(working, true)) {}
AtWork::~AtWork() { working = before_; }

void parallel_ranges(int64_t n, int64_t grain, RangeWork work) {
  if (n <= 0) return;
  const int threads = num_threads();
  if (threads == 1 || n <= grain || working) return work.call(work.object, 0, n);
  team().run(threads, n, grain, work);
}

}  // namespace elbow

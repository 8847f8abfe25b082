// The threads of a kernel as fibers. A fiber has a stack of its own and runs until it waits or ends; then the scheduler
// below goes on with the next. A thread that never waits takes two switches, of some ten nanoseconds each.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "autograd/backend/backend.hpp"
#include "autograd/backend/cuda/emulator/context.hpp"
#include "autograd/backend/cuda/emulator/emulated.hpp"

namespace elbow::cuda::emulator {
namespace {

constexpr unsigned warp_size = 32, most_threads = 1024;

enum class Wait { none, block, warp, ended };
struct Thread {
  Context context;  // where it stands
  Wait waits_for = Wait::ended;
  uint64_t shown[2] =
      {};  // its values of the latest exchange and of the one before, which others may still have to read
};

struct Machine {
  std::array<Thread, most_threads> threads;
  std::array<unsigned, most_threads / warp_size> exchanges{};  // that the warps have completed
  std::vector<Context> idle;                                   // of threads that ended
  const std::function<void()>* kernel = nullptr;
  Context scheduler;
  Thread* running = nullptr;
  std::exception_ptr error;
  bool giving_up = false;  // waiting threads must end
  Order order;
  std::minstd_rand random{1};
};

Order first_order() {
  const char* text = std::getenv("ELBOW_EMULATED_ORDER");
  const std::string name = text ? text : "forwards";
  if (name == "forwards") return Order::forwards;
  if (name == "backwards") return Order::backwards;
  if (name == "shuffled") return Order::shuffled;
  fail("ELBOW_EMULATED_ORDER", "is forwards, backwards or shuffled, not ", name);
}

Machine& machine() {
  static Machine& only = *[] {  // never destroyed: a static tensor may die late
    Machine* made = new Machine;
    made->order = first_order();
    return made;
  }();
  return only;
}

// Calls f(i) for each i < n, in the order that was chosen.
template <class F> void in_order(int64_t n, const F& f) {
  Machine& m = machine();
  const int64_t begin = m.order == Order::shuffled ? int64_t(m.random()) % n : 0;
  constexpr int64_t prime = (int64_t{1} << 31) + 11;  // steps of a number prime to n lead to every i once
  for (int64_t k = 0; k < n; ++k)
    f(m.order == Order::forwards ? k : m.order == Order::backwards ? n - 1 - k : (begin + k * (prime % n)) % n);
}

struct GivenUp {};

// Runs the kernel's function again and again, each time for the thread that `running` is.
void run_threads() {
  Machine& m = machine();
  for (;;) {
    try {
      (*m.kernel)();
    } catch (const GivenUp&) {
    } catch (...) { m.error = std::current_exception(); }
    m.running->waits_for = Wait::ended;
    m.scheduler.go_on();
  }
}

void run_until_it_waits(unsigned t) {
  Machine& m = machine();
  Thread& thread = m.threads[t];
  if (!thread.context) {
    if (m.idle.empty()) m.idle.emplace_back(run_threads, m.scheduler);
    thread.context = std::move(m.idle.back());
    m.idle.pop_back();
  }
  threadIdx.x = t;
  m.running = &thread;
  thread.context.go_on();
  if (thread.waits_for == Wait::ended) m.idle.push_back(std::move(thread.context));
  if (m.error) std::rethrow_exception(std::exchange(m.error, nullptr));
}

unsigned waiting(Wait wait, unsigned first, unsigned n) {
  unsigned count = 0;
  for (unsigned t = first; t < first + n; ++t) count += machine().threads[t].waits_for == wait;
  return count;
}

// Lets those go on for whom all have come. False when all threads have ended.
bool release(unsigned n) {
  Machine& m = machine();
  if (waiting(Wait::ended, 0, n) == n) return false;
  bool released = false;
  const auto let_go = [&](unsigned first, unsigned count) {
    for (unsigned t = first; t < first + count; ++t) m.threads[t].waits_for = Wait::none;
    released = true;
  };
  for (unsigned first = 0; first < n; first += warp_size) {
    const unsigned size = std::min(warp_size, n - first);
    if (waiting(Wait::warp, first, size) < size) continue;
    let_go(first, size);
    ++m.exchanges[first / warp_size];
  }
  const unsigned at_barrier = waiting(Wait::block, 0, n);
  if (at_barrier == n) let_go(0, n);
  if (!released && at_barrier > 0)
    fail(op_at_work(), "a barrier of its kernel is reached by ", at_barrier, " of the ", n,
         " threads of a block");
  if (!released) fail(op_at_work(), "a shuffle of its kernel is not reached by all threads of a warp");
  return true;
}

void run_block(unsigned n) {
  Machine& m = machine();
  for (unsigned t = 0; t < n; ++t) m.threads[t].waits_for = Wait::none;
  do
    in_order(n, [&](int64_t t) {
      if (m.threads[size_t(t)].waits_for == Wait::none) run_until_it_waits(unsigned(t));
    });
  while (release(n));
}

// While one lives, a kernel runs. Threads that wait when it ends by an exception are ended by one, too.
class KernelRuns {
 public:
  explicit KernelRuns(const std::function<void()>& kernel) {
    machine().kernel = &kernel;
    in_kernel = true;
  }
  ~KernelRuns() {
    Machine& m = machine();
    m.giving_up = true;
    for (unsigned t = 0; t < most_threads; ++t)
      if (m.threads[t].context) run_until_it_waits(t);
    m.giving_up = in_kernel = false;
  }
};

void wait_for(Wait wait) {
  Machine& m = machine();
  m.running->waits_for = wait;
  m.scheduler.go_on();
  if (m.giving_up) throw GivenUp();
}

}  // namespace

void set_order(Order order) { machine().order = order; }

void run_kernel(const Extent& grid, int threads, const std::function<void()>& thread) {
  const KernelRuns runs(thread);
  gridDim = {unsigned(grid.x), unsigned(grid.y), unsigned(grid.z)};
  blockDim = {unsigned(threads), 1, 1};
  in_order(grid.x * grid.y * grid.z, [&](int64_t b) {
    blockIdx = {unsigned(b % grid.x), unsigned(b / grid.x % grid.y), unsigned(b / grid.x / grid.y)};
    threadIdx = {0, 0, 0};
    run_block(unsigned(threads));
  });
}

void wait_for_block() { wait_for(Wait::block); }

uint64_t exchange(uint64_t value, unsigned from_lane) {
  Machine& m = machine();
  const unsigned warp = threadIdx.x / warp_size, which = m.exchanges[warp] % 2,
                 from = warp * warp_size + from_lane;
  if (from >= blockDim.x)
    fail(op_at_work(), "a shuffle of its kernel asks for thread ", from, " of ", blockDim.x);
  m.running->shown[which] = value;
  wait_for(Wait::warp);
  return m.threads[from].shown[which];
}

const char* op_at_work() { return DeviceWork::current(); }

void fail_access(const Access& a, const char* where) {
  const char* uses = a.use == Use::reads ? "reads" : "writes";
  if (a.n == 1) fail(op_at_work(), "its kernel ", uses, " element ", a.first, " of ", a.count, ", ", where);
  fail(op_at_work(), "its kernel ", uses, " elements ", a.first, " to ", a.first + a.n - 1, " of ", a.count,
       ", ", where);
}

}  // namespace elbow::cuda::emulator

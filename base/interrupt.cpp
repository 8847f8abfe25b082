#include "base/interrupt.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>

#include "base/stopwatch.hpp"

namespace elbow {
namespace {

constexpr int noted_signals[] = {SIGINT, SIGTERM, SIGUSR1};

volatile std::sig_atomic_t noted = 0, note_to = -1;
void note(int signal) {
  const int error = errno;  // of whatever was interrupted
  noted = signal;
  std::signal(signal, SIG_DFL);
  if (note_to >= 0) [[maybe_unused]]
    const ssize_t written = write(note_to, "", 1);
  errno = error;
}

}  // namespace

// A signal handler may do next to nothing, so a thread does the rest: the handler writes a byte to the pipe that it reads.
struct InterruptWatch::Waiter {
  explicit Waiter(std::function<void()> f) : leave(std::move(f)) {
    if (pipe2(ends, O_CLOEXEC) != 0) throw Error("no pipe for signals");
    note_to = ends[1];
    thread = std::thread([this] { wait(); });
  }
  ~Waiter() {
    note_to = -1;
    say(ended);
    [[maybe_unused]] const ssize_t written = write(ends[1], "", 1);
    thread.join();
    for (int end : ends) close(end);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void wait() {
    char byte;
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
    std::unique_lock lock(mutex);
    since_signal.emplace();
    if (changed.wait_for(lock, std::chrono::duration<double>(patience), [this] { return handled || ended; }))
      return;
    leave();
    _exit(128 + noted);
  }
  void say(bool& what) {
    const std::lock_guard lock(mutex);
    what = true;
    changed.notify_all();
  }

  std::function<void()> leave;
  int ends[2];
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Stopwatch> since_signal;  // once the thread has heard of it
  bool handled = false, ended = false;
};

InterruptWatch::InterruptWatch(std::function<void()> leave) {
  noted = 0;
  if (leave) waiter_ = std::make_unique<Waiter>(std::move(leave));
  for (int signal : noted_signals) std::signal(signal, note);
}
InterruptWatch::~InterruptWatch() {
  for (int signal : noted_signals) std::signal(signal, SIG_DFL);
}
int InterruptWatch::signal() const { return noted; }
double InterruptWatch::seconds_left() const {
  if (!waiter_) return patience;
  const std::lock_guard lock(waiter_->mutex);
  return waiter_->since_signal ? patience - waiter_->since_signal->seconds() : patience;
}
void InterruptWatch::handled() {
  if (waiter_) waiter_->say(waiter_->handled);
}

}  // namespace elbow

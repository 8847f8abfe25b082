#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace elbow {

/// A command was stopped by Ctrl-C or a polite kill. The program ends with the status that shells give to that signal: 130 after
/// SIGINT, 143 after SIGTERM, 138 after SIGUSR1.
struct Interrupted : Error {
  Interrupted(int by, const std::string& message) : Error(message), signal(by) {}
  int signal;
};

/// While it lives, Ctrl-C and a polite kill (SIGINT, SIGTERM, and SIGUSR1, which schedulers send before a job's time is up) are
/// only noted. A second one of the same kind ends the program. One at a time.
class InterruptWatch {
 public:
  static constexpr double patience = 0.75;  ///< seconds: so that a program has ended after one
  /// `leave`: called, on a separate thread, if `patience` after the signal nobody has said handled(); the program then
  /// ends, with the signal's status.
  explicit InterruptWatch(std::function<void()> leave = {});
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  /// The signal that came, 0 if none did.
  int signal() const;
  /// How much of its patience is left, in seconds.
  double seconds_left() const;
  /// The caller has seen the signal and is about to stop by itself.
  void handled();

 private:
  struct Waiter;
  std::unique_ptr<Waiter> waiter_;
};

}  // namespace elbow

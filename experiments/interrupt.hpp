#pragma once
#include <string>

#include "autograd/error.hpp"

namespace elbow {

/// A command was stopped by Ctrl-C or a polite kill. The program ends with the status that shells give to that signal: 130 after
/// SIGINT, 143 after SIGTERM.
struct Interrupted : Error {
  Interrupted(int by, const std::string& message) : Error(message), signal(by) {}
  int signal;
};

/// While it lives, Ctrl-C and a polite kill (SIGINT, SIGTERM) are only noted. A second one ends the program. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  /// The signal that came, 0 if none did.
  int signal() const;
};

}  // namespace elbow

#pragma once

namespace elbow {

/// While it lives, Ctrl-C and a polite kill (SIGINT, SIGTERM) are only noted. A second one ends the program. One at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  bool interrupted() const;
};

}  // namespace elbow

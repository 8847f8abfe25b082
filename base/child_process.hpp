#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/memory_file.hpp"

namespace elbow {

/// This very program, started once more with other arguments. It hears nothing on its input, its output is dropped, and
/// its errors are kept. It runs in its own process group: Ctrl-C on the terminal reaches only the parent, who stops it
/// politely; a parent that was killed takes it along (end_with_parent).
class ChildProcess {
 public:
  /// Starts it with that number of threads. Error if the system refuses.
  ChildProcess(const std::vector<std::string>& arguments, int threads);
  /// Stops it and waits for its end, if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Whether it has come to its end. Does not wait.
  bool ended();
  /// Asks it to stop (SIGTERM).
  void stop();
  /// Once it has ended: whether its results are whole, and what it said last of what went wrong, in one line; "" if all went
  /// well.
  bool succeeded() const;
  std::string problem() const;

 private:
  pid_t pid_ = 0;
  int status_ = 0;
  bool ended_ = false;
  MemoryFile errors_;
};

/// For main: if this process is a ChildProcess, it is asked to stop (SIGTERM) when its parent ends, however that ends.
void end_with_parent();

}  // namespace elbow

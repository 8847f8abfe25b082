#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace elbow {

/// A file in memory: unlike a pipe, it can be written before anyone reads, and unlike one in /tmp, it always can.
class MemoryFile {
 public:
  /// With that content, to be read from its beginning. Error if there is no memory for it.
  explicit MemoryFile(const std::string& content = "");
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }
  /// All that is in it by now.
  std::string content() const;

 private:
  int descriptor_;
};

/// What a program that has ended left behind.
struct ProgramEnd {
  int status =
      0;  ///< its exit status; 127 if there is no such program; 128 + the number of the signal that ended it
  std::string output, errors;  ///< what it wrote to its standard output and error
};

/// Runs a program, looked up in PATH, with `input` as its standard input, and waits for its end. No shell is involved, and
/// the program can start none: the system refuses it any further process (on x86-64 and 64-bit ARM; elsewhere, and on a
/// kernel without seccomp, it runs unconfined). It ends with this process, and after `seconds` (signal SIGALRM).
///
/// Throws Error if the system gives no process or no memory.
ProgramEnd run_confined(const std::string& program, const std::vector<std::string>& arguments,
                        const std::string& input, unsigned seconds);

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
  /// Asks it to stop (SIGTERM), once.
  void stop();
  /// Once it has ended: whether its results are whole, and what it said last of what went wrong, in one line; "" if all went
  /// well.
  bool succeeded() const;
  std::string problem() const;
  /// Whether it was a polite signal that has ended it.
  bool interrupted() const;

 private:
  pid_t pid_ = 0;
  int status_ = 0;
  bool ended_ = false, asked_ = false;
  MemoryFile errors_;
};

/// For main: if this process is a ChildProcess, it is asked to stop (SIGTERM) when its parent ends, however that ends.
void end_with_parent();

}  // namespace elbow

#pragma once
#include <string>
#include <vector>

namespace elbow {

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

}  // namespace elbow

#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace elbow {

/// The one exception of the library. The message is a single line that says what was asked, with shapes, and
/// what to do about it; the program prints it and exits with status 2.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The results are whole, and some figures or analyses are missing: the program ends with status 3.
struct Incomplete : Error {
  static constexpr int status = 3;
  using Error::Error;
};

/// Joins its arguments into one string, each as `<<` would print it.
template <class... Args> std::string str(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

/// Throws Error("[where] args..."); `where` is the op, file or command at fault.
template <class... Args> [[noreturn]] void fail(const std::string& where, const Args&... args) {
  throw Error(str("[", where, "] ", args...));
}

}  // namespace elbow

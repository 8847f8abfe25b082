#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace elbow {

/// A figure or an analysis that could not be made.
struct NotMade {
  std::string why;
  bool failed = true;  ///< false where nothing went wrong: gnuplot is not installed
};

/// Calls f; what it throws is added to `problems`, after "NAME: " if there is a name.
void attempt(std::vector<NotMade>& problems, const std::string& name, const std::function<void()>& f);

/// Says on standard error what was not made, whatever else is quiet.
void warn(const std::vector<NotMade>& problems);

/// Throws Incomplete where something failed.
void require_made(const std::vector<NotMade>& problems);

}  // namespace elbow

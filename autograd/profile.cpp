#include "autograd/profile.hpp"

#include <chrono>
#include <utility>

namespace elbow {
namespace {

constinit thread_local Profile* looking = nullptr;
constinit thread_local Timed* running = nullptr;  // the innermost timed part

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Profile::Profile() : outer_(std::exchange(looking, this)) {
  lines_.reserve(64);  // so that the list does not grow while something is timed
  ++detail::profiles;
}

Profile::~Profile() {
  --detail::profiles;
  looking = outer_;
}

size_t Profile::line_of(std::string_view name, Work work) {
  for (size_t i = 0; i < lines_.size(); ++i)
    if (lines_[i].name == name && lines_[i].work == work) return i;
  lines_.push_back({name, work});
  return lines_.size() - 1;
}

// The search for the line is not in the part's time, but in that of the part around it.
void Timed::start(const char* name, Work work) {
  if (!looking) return;  // another thread's
  profile_ = looking;
  line_ = profile_->line_of(name, work);
  outer_ = std::exchange(running, this);
  within_ = 0;
  started_ = steady_seconds();
}

void Timed::stop() {
  const double seconds = steady_seconds() - started_;
  Profile::Line& line = profile_->lines_[line_];
  ++line.calls;
  line.seconds += seconds - within_;
  running = outer_;
  if (outer_ && outer_->profile_ == profile_) outer_->within_ += seconds;
}

}  // namespace elbow

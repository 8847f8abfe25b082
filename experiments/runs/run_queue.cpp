#include "experiments/runs/run_queue.hpp"

#include <algorithm>

namespace elbow {
namespace {

constexpr int looks_at_once = 8;
constexpr double first_pause = 0.25, longest_pause = 4;                     // seconds between two looks
constexpr double survey_when_beaten = 5, survey_when_nothing_is_free = 15;  // seconds since the last one

}  // namespace

RunQueue::RunQueue(SharedFolder& folder, std::size_t runs, std::optional<uint64_t> scatter)
    : folder_(folder),
      places_(runs, Place::untouched),
      scattered_(scatter && runs > 0),
      random_(scatter.value_or(0)) {
  if (scattered_) at_ = looked_at_ = random_() % runs;
}

std::size_t RunQueue::count_ended() const {
  return std::size_t(std::count(places_.begin(), places_.end(), Place::ended));
}

void RunQueue::survey() {
  const std::vector<RunMark> marks = folder_.survey();
  for (std::size_t run = 0; run < places_.size(); ++run) {
    Place& place = places_[run];
    if (place == Place::ours || place == Place::ended)
      continue;  // known better than by what may be an old list
    const RunMark mark = marks[run];
    if (mark == RunMark::done || mark == RunMark::failed)
      place = Place::ended;
    else if (mark == RunMark::open)
      place = Place::open;
  }
  surveyed_ = true;
  survey_time_ = folder_.seconds();
}

// The first run at such a place from `from` on, and from the beginning; `from` is then behind it.
std::optional<std::size_t> RunQueue::find(Place place, std::size_t& from) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const std::size_t run = (from + i) % places_.size();
    if (places_[run] != place) continue;
    from = run + 1;
    return run;
  }
  return {};
}

std::optional<std::size_t> RunQueue::untouched() {
  while (const auto run = find(Place::untouched, at_)) {
    if (folder_.begin(*run)) return run;
    places_[*run] = Place::open;
    // Whoever was here walks on from here, and the runs behind this one are gone, too.
    if (scattered_) at_ = random_() % places_.size();
    if (folder_.seconds() - survey_time_ > survey_when_beaten) survey();
  }
  return {};
}

std::optional<std::size_t> RunQueue::released() {
  if (folder_.seconds() - survey_time_ > survey_when_nothing_is_free) survey();
  const auto open = std::count(places_.begin(), places_.end(), Place::open);
  for (int looks = int(std::min<std::ptrdiff_t>(open, looks_at_once)); looks > 0; --looks) {
    const auto run = find(Place::open, looked_at_);
    if (!run) break;
    switch (folder_.look(*run)) {
      case SharedFolder::Look::free: return run;
      case SharedFolder::Look::ended: ended(*run); break;
      case SharedFolder::Look::held: break;
    }
  }
  return {};
}

std::optional<std::size_t> RunQueue::next() {
  if (folder_.seconds() < ask_again_) return {};
  if (!surveyed_) survey();
  auto run = untouched();
  if (!run) run = released();
  if (run) {
    places_[*run] = Place::ours;
    pause_ = 0;
  } else {
    pause_ = std::clamp(2 * pause_, first_pause, longest_pause);
    ask_again_ = folder_.seconds() + pause_;
  }
  return run;
}

}  // namespace elbow

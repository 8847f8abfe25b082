#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace elbow {

/// What the names in the folder of a sweep say of a run, without a look into its own folder.
enum class RunMark {
  untouched,  ///< it has no folder
  open,       ///< it has one: somebody makes it, or has stopped
  done,
  failed
};

/// The folder of a sweep, as a RunQueue needs it: runs are numbers. The real one is SweepFolder; tests simulate one to count
/// what many workers ask of a file system.
class SharedFolder {
 public:
  /// What a look at an open run finds: somebody has it, nobody has, or it has ended meanwhile.
  enum class Look { held, free, ended };

  virtual ~SharedFolder() = default;
  /// What is known of every run, by listing names: a few calls of the system, however many runs there are.
  virtual std::vector<RunMark> survey() = 0;
  /// Makes the folder of a run; false if it is there by now: somebody else was quicker.
  virtual bool begin(std::size_t run) = 0;
  /// Looks at one open run.
  virtual Look look(std::size_t run) = 0;
  /// A clock that only goes forward, in seconds.
  virtual double seconds() const = 0;
};

/// Which run to make next, for one of several processes that share a folder and do not talk to each other. Untouched runs
/// come first, because making the folder decides at once whose they are; then those that somebody has left. It asks little of
/// the file system: the folder is listed at the start, and after somebody else was quicker; while nothing is free, it looks at
/// a few runs now and then.
class RunQueue {
 public:
  /// Of `runs` runs, in their order; or from a place of its own on, drawn from `scatter`, as workers want it.
  RunQueue(SharedFolder& folder, std::size_t runs, std::optional<uint64_t> scatter = {});

  /// A run that is this caller's to make, until it says ended() or left(). Nothing where there is none for now.
  std::optional<std::size_t> next();
  /// The run has ended, well or not.
  void ended(std::size_t run) { places_[run] = Place::ended; }
  /// The run is not this caller's any more: somebody else has it, or may have it.
  void left(std::size_t run) { places_[run] = Place::open; }
  /// How many runs have ended, as far as is known.
  std::size_t count_ended() const;
  /// Whether all have.
  bool finished() const { return count_ended() == places_.size(); }

 private:
  enum class Place { untouched, open, ours, ended };

  void survey();
  std::optional<std::size_t> find(Place place, std::size_t& from) const;
  std::optional<std::size_t> untouched();
  std::optional<std::size_t> released();

  SharedFolder& folder_;
  std::vector<Place> places_;
  bool scattered_, surveyed_ = false;
  std::mt19937_64 random_;
  std::size_t at_ = 0, looked_at_ = 0;
  double survey_time_ = 0, pause_ = 0, ask_again_ = 0;
};

}  // namespace elbow

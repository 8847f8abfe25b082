#pragma once
#include <set>
#include <string>

#include "experiments/runs/claim.hpp"
#include "experiments/runs/run_queue.hpp"
#include "experiments/runs/sweep.hpp"

namespace elbow {

/// The folder of a sweep, which several processes may share, on one machine or on many: a folder for each run, which its own
/// claim guards, and DIR/ended, with a small file for each run that has ended: NAME@KEY.done or NAME@KEY.failed, where KEY is
/// SweepRun::key. So one list of names says what is left.
class SweepFolder : public SharedFolder {
 public:
  /// The name of the folder with a file for each run that has ended.
  static constexpr auto ended_folder = "ended";

  /// Nothing is made before something is to be written.
  explicit SweepFolder(const SweepPlan& plan) : plan_(plan) {}

  std::vector<RunMark> survey() override;
  bool begin(std::size_t run) override;
  Look look(std::size_t run) override;
  double seconds() const override { return clock_.seconds(); }

  /// Writes down that the run is done, unless that is known.
  void set_done(const SweepRun& run) const;
  /// Writes down that it has failed, and why: one line.
  void set_failed(const SweepRun& run, const std::string& why) const;
  /// Makes it one that has not ended.
  void forget(const SweepRun& run) const;
  /// Why it has failed: what set_failed wrote.
  std::string why_failed(const SweepRun& run) const;

 private:
  std::filesystem::path file_of(const SweepRun& run, const char* how) const;

  const SweepPlan& plan_;
  ClaimWatch watch_;
  Stopwatch clock_;
};

}  // namespace elbow

#pragma once
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "experiments/runs/claim.hpp"

namespace elbow {

/// A folder claimed by this process, so that no other writes to it: the file run.lock in it, which only one process can
/// make. It says which process that is; if that has ended without removing it, the claim is taken over (ClaimWatch). The
/// owner renews the file's time as long as it lives. So no locks of the file system are needed, which network file systems
/// often lack, and no clock but one's own.
class FolderClaim {
 public:
  /// The claim's file in a folder.
  static constexpr auto file = "run.lock";
  /// What follows the folder's name in the message of every Error that says that another process has it.
  static constexpr auto taken = ": another run ";

  /// Claims the folder, which is there. Where another process has it, waits for it, or else: Error "NAME: another run is
  /// writing to it: WHO". Whether a process of another machine lives is known only after a while, at most four of its
  /// heartbeats. Error "NAME: cannot be written: REASON".
  FolderClaim(const std::filesystem::path& folder, const std::string& name, bool wait = false);
  ~FolderClaim() { release(); }
  FolderClaim(const FolderClaim&) = delete;
  FolderClaim& operator=(const FolderClaim&) = delete;

  /// Releases the folder.
  void release();
  /// Whether another process has taken the folder over, as it may after a minute in which this one was stopped. Reads the
  /// file.
  bool lost() const;
  /// Who has claimed the folder, "process 123 on this machine"; empty where nobody has, or who did is known to have ended.
  static std::string owner(const std::filesystem::path& folder);

 private:
  void claim(const std::string& name, bool wait);
  bool is_there() const;
  void renew();

  std::filesystem::path path_;
  Claim ours_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::atomic<bool> lost_{false};
  std::thread renewing_;
};

}  // namespace elbow

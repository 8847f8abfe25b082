#pragma once
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace elbow {

/// A folder claimed by this process, so that no other writes to it: the file run.lock in it, which only one process can
/// make (a link of its name, or O_EXCL). It says which process that is; if that has ended without removing it, the
/// claim is taken over. For processes of this machine the system knows whether they live. The owner renews the file's
/// time as long as it lives, which shows the same for processes of another machine on a shared file system. So no locks
/// of the file system are needed, which network file systems often lack.
class FolderClaim {
 public:
  /// The claim's file in a folder.
  static constexpr auto file = "run.lock";

  /// Claims the folder, which is there. Where another process has it, waits for it, or else: Error "NAME: another run is
  /// writing to it: WHO". Error "NAME: cannot be written: REASON".
  FolderClaim(const std::filesystem::path& folder, const std::string& name, bool wait = false);
  ~FolderClaim() { release(); }
  FolderClaim(const FolderClaim&) = delete;
  FolderClaim& operator=(const FolderClaim&) = delete;

  /// Releases the folder.
  void release();
  /// Whether another process has taken the folder over, as it may after minutes in which this one was stopped.
  bool lost() const { return lost_; }
  /// Who has claimed the folder, "process 123 on this machine"; empty where nobody has.
  static std::string owner(const std::filesystem::path& folder);

 private:
  bool is_ours() const;
  void renew();

  std::filesystem::path path_;
  std::string text_;  // as it was written: the machine may be renamed meanwhile
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::atomic<bool> lost_{false};
  std::thread renewing_;
};

}  // namespace elbow

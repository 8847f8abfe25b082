#include "experiments/runs/folder_claim.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>

#include "base/error.hpp"
#include "base/text.hpp"

namespace elbow {
namespace fs = std::filesystem;

using Life = ClaimWatch::Life;

FolderClaim::FolderClaim(const fs::path& folder, const std::string& name, bool wait)
    : path_(folder / file), ours_(Claim::mine()) {
  claim(name, wait);
  renewing_ = std::thread([this] { renew(); });
}

void FolderClaim::claim(const std::string& name, bool wait) {
  ClaimWatch watch;
  Stopwatch watched;
  bool told = false;
  while (!make_claim(path_, ours_, name)) {
    const auto other = Claim::read(path_);
    const Life life = watch.clear(path_);
    if (!other || life == Life::none) continue;  // it has just gone
    if (life == Life::alive && !wait) throw Error(str(name, taken, "is writing to it: ", other->who()));
    if (life == Life::unknown && !told && watched.seconds() > 2) {
      told = true;
      std::cerr << plain_text(str("note: ", name, " is claimed by ", other->who(),
                                  ", whose next sign of life is awaited for up to ",
                                  std::lround(ClaimWatch::patience(*other)), " s"))
                << std::endl;
    }
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::min(0.1, ClaimWatch::patience(*other) / 10)));
  }
}

bool FolderClaim::is_there() const {
  const auto claim = Claim::read(path_);
  return claim && (!claim->readable || claim->text == ours_.text);
}

bool FolderClaim::lost() const { return lost_ || !is_there(); }

void FolderClaim::renew() {
  std::unique_lock lock(mutex_);
  const std::chrono::duration<double> every(ours_.heartbeat);
  while (!changed_.wait_for(lock, every, [this] { return released_; })) {
    if (!is_there()) {
      lost_ = true;
      return;
    }
    utimensat(AT_FDCWD, path_.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);  // a time of the file server's
  }
}

void FolderClaim::release() {
  {
    const std::lock_guard lock(mutex_);
    if (released_) return;
    released_ = true;
    changed_.notify_all();
  }
  renewing_.join();
  ClaimWatch watch;
  while (!lost()) {
    const ClaimGuard guard(path_, watch);
    if (guard.held() || !guard.problem().empty() || watch.look(path_.string() + ".takeover") == Life::none) {
      if (!lost()) unlink(path_.c_str());
      return;
    }
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // somebody takes it for that of an ended process
  }
}

std::string FolderClaim::owner(const fs::path& folder) {
  const auto claim = Claim::read(folder / file);
  return claim && !claim->ended() ? claim->who() : "";
}

}  // namespace elbow

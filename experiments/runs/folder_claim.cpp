#include "experiments/runs/folder_claim.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/error.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr auto renewed_every = 20s;
constexpr int64_t dead_after = 300;   // seconds without renewal; clocks of two machines may differ by minutes
constexpr int64_t half_written = 10;  // seconds

std::string first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// When a process began, in ticks since the system did; empty if there is none, or one that has ended and that nobody has
// waited for.
std::string start_of(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string state, field;
  fields >> state;
  for (int number = 4; number <= 22 && fields >> field; ++number) {}
  return stat.empty() || state == "Z" || state == "X" ? "" : field;
}

// A process: its number and start, and the system that knows it by that number.
struct Process {
  std::string host, system, pid, start;

  static Process self() {
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    std::error_code none;
    const std::string names = fs::read_symlink("/proc/self/ns/pid", none).string();
    const std::string pid = std::to_string(getpid());
    return {host, first_line("/proc/sys/kernel/random/boot_id") + names, pid, start_of(pid)};
  }
  std::string text() const { return str(host, '\t', system, '\t', pid, '\t', start, '\n'); }
};

// What a claim's file says, and how long ago it was renewed, in seconds.
struct Claim {
  std::string text;
  Process by;
  int64_t age = 0;
  bool readable = true;

  // Of a file that is not there, nothing.
  static std::optional<Claim> read(const fs::path& path) {
    Claim c;
    struct stat status {};
    // One descriptor for both: a file of that name may be another one a moment later.
    const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0) {
      if (lstat(path.c_str(), &status) != 0) return {};
      c.readable = false;
    } else {
      char text[1024];
      const ssize_t size = ::read(file, text, sizeof text);
      c.text.assign(text, size_t(std::max<ssize_t>(size, 0)));
      fstat(file, &status);
      close(file);
    }
    std::istringstream fields(c.text.substr(0, c.text.find('\n')));
    for (std::string* field : {&c.by.host, &c.by.system, &c.by.pid, &c.by.start})
      std::getline(fields, *field, '\t');
    c.age = std::time(nullptr) - status.st_mtime;
    return c;
  }
  bool whole() const {
    return !by.pid.empty() && by.pid.find_first_not_of("0123456789") == std::string::npos && !by.start.empty();
  }
  bool of_this_system() const { return by.system == Process::self().system; }
  bool alive() const {
    if (!readable) return age < dead_after;
    if (!whole()) return age < half_written;
    if (of_this_system()) return start_of(by.pid) == by.start;
    return age < dead_after;
  }
  std::string who() const {
    const std::string heard =
        str(" (last heard of ", age, " s ago; it is taken to have ended after ", dead_after, " s)");
    if (!readable) return "a process whose run.lock cannot be read" + heard;
    if (!whole()) return "a process that is just beginning";
    return str("process ", by.pid,
               of_this_system() ? std::string(" on this machine") : " on " + by.host + heard);
  }
};

// Makes a file with that text unless there is one of that name: false then. What failed is in errno. It appears whole where
// the file system has links.
bool make_new(const fs::path& path, const std::string& text) {
  const auto write_new = [&](const fs::path& to) {
    const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return false;
    const bool good = ::write(file, text.data(), text.size()) == ssize_t(text.size());
    const int reason = errno;
    close(file);
    if (!good) unlink(to.c_str()), errno = reason;
    return good;
  };
  const fs::path beside = path.string() + ".part" + std::to_string(getpid());
  unlink(beside.c_str());  // of an earlier process of that number
  if (!write_new(beside)) return false;
  const bool made = link(beside.c_str(), path.c_str()) == 0;
  const int reason = errno;
  unlink(beside.c_str());
  errno = reason;
  return made || (reason != EEXIST && write_new(path));
}

// Makes the claim unless there is one.
bool make_claim(const fs::path& path, const std::string& name, const std::string& text) {
  if (make_new(path, text)) return true;
  if (errno == EEXIST) return false;
  throw Error(str(name, ": cannot be written: ", std::strerror(errno)));
}

// A second file, which whoever removes a claim holds meanwhile: or one that has read a claim a moment ago, whose owner has released it
// and ended since, would remove the claim that another one has made in its place.
class Guard {
 public:
  explicit Guard(const fs::path& claim) : path_(claim.string() + ".takeover") {
    held_ = make_new(path_, Process::self().text());
    busy_ = !held_ && errno == EEXIST;
    if (!busy_) return;
    if (const auto other = Claim::read(path_); other && other->age >= half_written) unlink(path_.c_str());
    std::this_thread::sleep_for(20ms);
  }
  ~Guard() {
    if (held_) unlink(path_.c_str());
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  bool held() const { return held_; }
  bool busy() const { return busy_; }  ///< another process has it

 private:
  std::string path_;
  bool held_, busy_ = false;
};

// Removes a claim whose owner has ended, if no other process is about to.
void remove_dead(const fs::path& path) {
  const Guard guard(path);
  if (!guard.held()) return;
  if (const auto claim = Claim::read(path); claim && !claim->alive()) unlink(path.c_str());
}

}  // namespace

FolderClaim::FolderClaim(const fs::path& folder, const std::string& name, bool wait)
    : path_(folder / file), text_(Process::self().text()) {
  while (!make_claim(path_, name, text_)) {
    const auto other = Claim::read(path_);
    if (!other) continue;  // it has just gone
    if (!other->alive())
      remove_dead(path_);
    else if (wait)
      std::this_thread::sleep_for(100ms);
    else
      throw Error(str(name, ": another run is writing to it: ", other->who()));
  }
  renewing_ = std::thread([this] { renew(); });
}

bool FolderClaim::is_ours() const {
  const auto claim = Claim::read(path_);
  return claim && claim->text == text_;
}

void FolderClaim::renew() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, renewed_every, [this] { return released_; }))
    if (is_ours())
      utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);
    else
      lost_ = true;
}

void FolderClaim::release() {
  {
    const std::lock_guard lock(mutex_);
    if (released_) return;
    released_ = true;
    changed_.notify_all();
  }
  renewing_.join();
  for (bool busy = true; busy && is_ours();) {
    const Guard guard(path_);
    busy = guard.busy();
    if (!busy) unlink(path_.c_str());
  }
}

std::string FolderClaim::owner(const fs::path& folder) {
  const auto claim = Claim::read(folder / file);
  return claim && claim->alive() ? claim->who() : "";
}

}  // namespace elbow

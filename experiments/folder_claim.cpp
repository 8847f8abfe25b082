#include "experiments/folder_claim.hpp"

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

#include "autograd/error.hpp"

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

// When a process began, in ticks since the system did; empty if there is none.
std::string start_of(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string field;
  for (int number = 3; number <= 22 && fields >> field; ++number) {}
  return stat.empty() ? "" : field;
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

  // Of a file that is not there, nothing.
  static std::optional<Claim> read(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return {};
    Claim c;
    std::ifstream in(path);
    std::getline(in, c.text);
    std::istringstream fields(c.text);
    for (std::string* field : {&c.by.host, &c.by.system, &c.by.pid, &c.by.start})
      std::getline(fields, *field, '\t');
    c.text += '\n';
    c.age = std::time(nullptr) - status.st_mtime;
    return c;
  }
  bool whole() const {
    return !by.pid.empty() && by.pid.find_first_not_of("0123456789") == std::string::npos && !by.start.empty();
  }
  bool of_this_system() const { return by.system == Process::self().system; }
  bool alive() const {
    if (!whole()) return age < half_written;
    if (of_this_system()) return start_of(by.pid) == by.start;
    return age < dead_after;
  }
  std::string who() const {
    if (!whole()) return "a process that is just beginning";
    return str("process ", by.pid, of_this_system() ? std::string(" on this machine") : " on " + by.host);
  }
};

// Makes the file, unless it is there.
bool make_claim(const fs::path& path, const std::string& name) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0 && errno == EEXIST) return false;
  const std::string text = Process::self().text();
  if (file < 0 || write(file, text.data(), text.size()) != ssize_t(text.size())) {
    const int reason = errno;
    if (file >= 0) close(file), unlink(path.c_str());
    throw Error(str(name, ": cannot be written: ", std::strerror(reason)));
  }
  close(file);
  return true;
}

// Removes a claim whose owner has ended. Of several processes that try, one renames the file; if that was by now another's
// claim, it goes back.
void remove_dead(const fs::path& path, const Claim& dead) {
  const fs::path aside = path.string() + ".part" + std::to_string(getpid());
  if (std::rename(path.c_str(), aside.c_str()) != 0) return;
  const auto got = Claim::read(aside);
  if (got && got->text != dead.text) [[maybe_unused]]
    const int back = link(aside.c_str(), path.c_str());
  unlink(aside.c_str());
}

}  // namespace

FolderClaim::FolderClaim(const fs::path& folder, const std::string& name, bool wait) : path_(folder / file) {
  while (!make_claim(path_, name)) {
    const auto other = Claim::read(path_);
    if (!other) continue;  // it has just gone
    if (!other->alive())
      remove_dead(path_, *other);
    else if (wait)
      std::this_thread::sleep_for(100ms);
    else
      throw Error(str(name, ": another run is writing to it: ", other->who()));
  }
  renewing_ = std::thread([this] { renew(); });
}

void FolderClaim::renew() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, renewed_every, [this] { return released_; }))
    utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);
}

void FolderClaim::release() {
  {
    const std::lock_guard lock(mutex_);
    if (released_) return;
    released_ = true;
    changed_.notify_all();
  }
  renewing_.join();
  unlink(path_.c_str());
}

std::string FolderClaim::owner(const fs::path& folder) {
  const auto claim = Claim::read(folder / file);
  return claim && claim->alive() ? claim->who() : "";
}

}  // namespace elbow

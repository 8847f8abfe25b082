#include "experiments/runs/claim.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

constexpr double usual_heartbeat = 15;  // seconds
constexpr double most_heartbeat = 3600;
constexpr int missed_heartbeats = 4;  // after which a process has ended

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

const std::string& this_system() {
  static const std::string system = [] {
    std::error_code none;
    return first_line("/proc/sys/kernel/random/boot_id") + fs::read_symlink("/proc/self/ns/pid", none).string();
  }();
  return system;
}

// A positive number of seconds, 0 for any other text.
double seconds_in(const std::string& text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  return read.ec == std::errc() && read.ptr == end && seconds > 0 && seconds <= most_heartbeat ? seconds : 0;
}

double own_heartbeat() {
  const char* set = std::getenv("ELBOW_HEARTBEAT");
  if (!set) return usual_heartbeat;
  const double seconds = seconds_in(set);
  if (seconds == 0)
    throw Error(
        str("ELBOW_HEARTBEAT: must be a number of seconds, at most ", most_heartbeat, ", not \"", set, "\""));
  return seconds;
}

std::string random_token() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != ssize_t(sizeof number))
    number = uint64_t(std::time(nullptr)) << 32 ^ uint64_t(getpid());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts;
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
  return text;
}

// Writes a file that was not there; what failed is in errno.
bool write_new(const fs::path& to, const std::string& text) {
  const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return false;
  const bool good = ::write(file, text.data(), text.size()) == ssize_t(text.size());
  const int reason = errno;
  close(file);
  if (!good) unlink(to.c_str()), errno = reason;
  return good;
}

// The same, whole from the start where the file system has links. The answer to a call may be lost on a network, and the
// call be made again: "it is there already" may speak of our own file.
bool make_new(const fs::path& path, const Claim& claim) {
  const fs::path beside = AtomicFile::beside(path);
  unlink(beside.c_str());  // of an earlier process of that number
  if (!write_new(beside, claim.text)) return false;
  bool made = link(beside.c_str(), path.c_str()) == 0;
  if (!made && errno != EEXIST) made = write_new(path, claim.text);
  const int reason = errno;
  unlink(beside.c_str());
  if (!made && reason == EEXIST) {
    const auto there = Claim::read(path);
    made = there && there->text == claim.text;
  }
  errno = reason;
  return made;
}

// Why the file cannot be removed; empty if it is gone, whoever has removed it.
std::string remove_file(const fs::path& file) {
  if (unlink(file.c_str()) == 0 || errno == ENOENT) return "";
  return str(file.string(), ": cannot be removed: ", std::strerror(errno));
}

}  // namespace

Claim Claim::mine() {
  Claim c;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  c.host = host;
  c.system = this_system();
  c.pid = std::to_string(getpid());
  c.start = start_of(c.pid);
  c.token = random_token();
  c.heartbeat = own_heartbeat();
  c.since = time_now();
  c.text = str(c.host, '\t', c.system, '\t', c.pid, '\t', c.start, '\t', c.token, '\t', c.heartbeat, '\t',
               c.since, '\n');
  return c;
}

std::optional<Claim> Claim::read(const fs::path& path) {
  Claim c;
  struct stat status {};
  // One descriptor for both: a file of that name may be another one a moment later. Opening it also makes a network file
  // system ask its server.
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    c.readable = false;
    lstat(path.c_str(), &status);
  } else {
    char text[1024];
    const ssize_t size = ::read(file, text, sizeof text);
    c.readable = size >= 0;
    c.text.assign(text, size_t(std::max<ssize_t>(size, 0)));
    fstat(file, &status);
    close(file);
  }
  c.sign = int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  std::istringstream fields(c.text.substr(0, c.text.find('\n')));
  std::string heartbeat;
  for (std::string* field : {&c.host, &c.system, &c.pid, &c.start, &c.token, &heartbeat, &c.since})
    std::getline(fields, *field, '\t');
  c.heartbeat = seconds_in(heartbeat);
  return c;
}

bool Claim::whole() const {
  return !pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos && !start.empty();
}
bool Claim::of_this_system() const { return whole() && system == this_system(); }
bool Claim::ended() const { return of_this_system() && start_of(pid) != start; }

std::string Claim::who() const {
  if (!readable) return "a process whose run.lock cannot be read";
  if (!whole()) return "a process that is just beginning";
  return str("process ", pid, of_this_system() ? std::string(" on this machine") : " on " + host);
}

bool make_claim(const fs::path& file, const Claim& claim, const std::string& name) {
  if (make_new(file, claim)) return true;
  if (errno == EEXIST) return false;
  throw Error(str(name, ": cannot be written: ", std::strerror(errno)));
}

double ClaimWatch::patience(const Claim& claim) {
  return missed_heartbeats * (claim.heartbeat > 0 ? claim.heartbeat : own_heartbeat());
}

ClaimWatch::Life ClaimWatch::judge(const fs::path& file, const std::optional<Claim>& claim) {
  if (!claim) {
    seen_.erase(file);
    return Life::none;
  }
  if (claim->of_this_system()) return claim->ended() ? Life::ended : Life::alive;
  const auto [at, first] = seen_.try_emplace(file, Seen{claim->text, claim->sign, false, {}});
  Seen& seen = at->second;
  if (seen.text != claim->text)
    seen = {claim->text, claim->sign, false, {}};
  else if (seen.sign != claim->sign)
    seen = {claim->text, claim->sign, true, {}};
  if (seen.unchanged.seconds() > patience(*claim)) return Life::ended;
  return seen.gave_sign ? Life::alive : Life::unknown;
}

ClaimWatch::Life ClaimWatch::look(const fs::path& file) { return judge(file, Claim::read(file)); }

ClaimWatch::Life ClaimWatch::clear(const fs::path& file) {
  const Life life = look(file);
  if (life != Life::ended) return life;
  const ClaimGuard guard(file, *this);
  if (!guard.problem().empty()) throw Error(guard.problem());
  if (!guard.held()) return life;
  const Life now = look(file);  // whose claim may be there by now?
  if (now != Life::ended) return now;
  if (const std::string problem = remove_file(file); !problem.empty()) throw Error(problem);
  seen_.erase(file);
  return Life::none;
}

ClaimGuard::ClaimGuard(const fs::path& file, ClaimWatch& watch) : path_(file.string() + ".takeover") {
  held_ = make_new(path_, Claim::mine());
  if (held_) return;
  if (errno != EEXIST)
    problem_ = str(path_.string(), ": cannot be written: ", std::strerror(errno));
  else if (watch.look(path_) ==
           ClaimWatch::Life::ended)  // it is held for a few calls, unless its owner has ended meanwhile
    problem_ = remove_file(path_);
}

ClaimGuard::~ClaimGuard() {
  if (held_) unlink(path_.c_str());
}

}  // namespace elbow

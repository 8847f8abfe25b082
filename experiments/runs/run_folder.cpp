#include "experiments/runs/run_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <set>
#include <string>

#include "base/error.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

// A run that was killed may leave a file that it had not finished: NAME.partNUMBER (AtomicFile).
bool unfinished(const fs::path& file) {
  const std::string name = file.filename().string();
  const size_t part = name.rfind(".part"), digits = part + 5;
  return part != std::string::npos && digits < name.size() &&
         name.find_first_not_of("0123456789", digits) == std::string::npos;
}

bool holds_run(const fs::path& folder) {
  return fs::exists(folder / "config.json") && fs::exists(folder / "run.log");
}

// Renames the folder to the first of NAME.1, NAME.2, ... that is free, and returns that.
fs::path move_aside(const fs::path& folder) {
  const fs::path whole = folder.has_filename() ? folder : folder.parent_path();  // of "outputs/run/"
  for (int64_t n = 1;; ++n) {
    const fs::path aside = whole.string() + '.' + std::to_string(n);
    if (renameat2(AT_FDCWD, whole.c_str(), AT_FDCWD, aside.c_str(), RENAME_NOREPLACE) == 0) return aside;
    if (errno == EINVAL && !fs::exists(aside)) {  // a file system without that flag
      fs::rename(whole, aside);
      return aside;
    }
    if (errno != EEXIST && errno != ENOTEMPTY && errno != EINVAL)
      throw Error(str(whole.string(), ": cannot be kept as ", aside.string(), ": ", std::strerror(errno)));
  }
}

}  // namespace

std::string results_in(const fs::path& folder) {
  std::string text;
  for (const char* name : {"checkpoint.safetensors", "summary.json"}) {
    struct stat status {};
    // Opened, because of a file that is opened a network file system does not tell what it remembers.
    const int file = ::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) fstat(file, &status), close(file);
    text += str(text.empty() ? "" : "/", status.st_ino, '.', status.st_mtim.tv_sec, '.', status.st_mtim.tv_nsec,
                '.', status.st_size);
  }
  return text;
}

bool holds_no_run(const fs::path& folder) {
  static const std::set<std::string> first_files = {"run.log",   "config.json",      "inputs.json",
                                                    "data.json", "data.safetensors", manifest_file};
  bool empty = true, all_of_a_run = true;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(FolderClaim::file)) continue;
    empty = false;
    all_of_a_run = all_of_a_run && (unfinished(entry) || first_files.contains(name));
  }
  return empty || (all_of_a_run && fs::exists(folder / "run.log"));
}

bool is_file_of_run(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const std::string name = file.filename().string();
  return fs::exists(file) && fs::exists(folder / "run.log") &&
         (name == manifest_file || name == FolderClaim::file || files_of_run(folder).contains(name));
}

RunFolder::RunFolder(fs::path name, Mode mode, const std::string& found)
    : name_(std::move(name)), mode_(mode), found_(results_in(name_)) {
  if (name_.empty()) throw Error("--out: the name of the folder is empty");
  // Whoever has looked before this process began, a sweep, is to look again.
  if (!found.empty() && found != found_)
    throw Error(str(name_.string(), FolderClaim::taken, "was there first"));
  const bool there = fs::exists(name_);
  if (there && !fs::is_directory(name_)) throw Error(name_.string() + ": exists and is not a folder");
  const bool used = there && !holds_no_run(name_);
  if (mode_ == Mode::fresh && used)
    throw Error(name_.string() +
                ": the folder exists already: choose another --out, or --resume it, or --keep "
                "the earlier run under another name, or --force to start over");
  if (mode_ == Mode::resume && !fs::exists(name_ / "checkpoint.safetensors"))
    throw Error(name_.string() +
                ": there is no checkpoint.safetensors to resume from; without --resume it starts over");
  if ((mode_ == Mode::force || mode_ == Mode::keep) && used && !holds_run(name_))
    throw Error(name_.string() + ": holds files but no run of elbow: choose another --out");
}

RunFolder::~RunFolder() {
  claim_.reset();
  for (int file : {log_, folder_})
    if (file >= 0) close(file);
}

fs::path RunFolder::path() const {
  const fs::path through = str("/proc/self/fd/", folder_);
  return folder_ >= 0 && fs::exists(through) ? through : name_;
}

std::string RunFolder::in_words(std::string message) const {
  const std::string through = path().string();
  if (through != name_.string())
    for (size_t at; (at = message.find(through)) != std::string::npos;)
      message.replace(at, through.size(), name_.string());
  return message;
}

void RunFolder::make_and_claim() {
  std::error_code error;
  fs::create_directories(name_, error);
  if (error) throw Error(str(name_.string(), ": cannot be made: ", error.message()));
  folder_ = ::open(name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) throw Error(str(name_.string(), ": cannot be opened: ", std::strerror(errno)));
  try {
    claim_ = std::make_unique<FolderClaim>(path(), name_.string());
  } catch (const Error& e) { throw Error(in_words(e.what())); }
  // The run that had the folder a moment ago may have ended well: what was found out before the claim holds no more.
  if (results_in(path()) != found_) throw Error(str(name_.string(), FolderClaim::taken, "was there first"));
}

void RunFolder::open() {
  make_and_claim();
  if (mode_ == Mode::keep && holds_run(path()) && !holds_no_run(path())) {
    kept_as_ = move_aside(name_);
    claim_.reset();
    close(folder_);
    found_ = results_in(name_);
    make_and_claim();
  }
  if ((mode_ == Mode::fresh || mode_ == Mode::keep) && !holds_no_run(path()))
    throw Error(str(name_.string(), FolderClaim::taken, "was there first"));
  std::error_code error;
  if (mode_ == Mode::force) remove_files_of_run(path());
  for (const auto& entry : fs::directory_iterator(path()))
    if (unfinished(entry.path())) fs::remove(entry.path(), error);
  const fs::path log_file = file("run.log");
  log_ = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log_ < 0) throw Error(str((name_ / "run.log").string(), ": cannot be written: ", std::strerror(errno)));
}

void RunFolder::require_claim() const {
  if (claim_ && claim_->lost())
    throw Error(str(name_.string(), FolderClaim::taken, "has taken it over while this one was stopped"));
}

void RunFolder::log(const std::string& line) {
  char stamp[32];
  const std::time_t now = std::time(nullptr);
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", std::localtime(&now));
  const std::string text = str(stamp, ' ', line, '\n');
  // A log that cannot be written stops nothing: what matters is in files whose writing is checked.
  [[maybe_unused]] const ssize_t written = write(log_, text.data(), text.size());
}

void check_output_file(const fs::path& file, bool force) {
  if (fs::is_directory(file)) throw Error(file.string() + ": is a folder, not a file");
  if (is_file_of_run(file)) throw Error(file.string() + ": is a file of a run: choose another --out");
  if (fs::exists(file) && !force)
    throw Error(file.string() + ": exists already: choose another --out, or --force");
  if (file.has_parent_path() && !fs::is_directory(file.parent_path()))
    throw Error(file.string() + ": there is no folder " + file.parent_path().string());
}

}  // namespace elbow

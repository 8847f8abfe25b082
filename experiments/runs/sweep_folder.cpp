#include "experiments/runs/sweep_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "experiments/runs/folder_claim.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    names.insert(entry->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    throw Error(str(folder.string(), ": cannot be read: ", error.message()));
  return names;
}

std::string ended_name(const SweepRun& run, const char* how) { return str(run.name, '@', run.key, how); }

constexpr auto done = ".done", failed = ".failed";

// False if it is there already.
bool make_folder(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno == ENOENT) {
    std::error_code error;
    fs::create_directories(folder.parent_path(), error);
    if (mkdir(folder.c_str(), 0777) == 0) return true;
    if (errno == EEXIST) return false;
  }
  throw Error(str(folder.string(), ": cannot be made: ", std::strerror(errno)));
}

}  // namespace

fs::path SweepFolder::file_of(const SweepRun& run, const char* how) const {
  return plan_.folder / ended_folder / ended_name(run, how);
}

std::vector<RunMark> SweepFolder::survey() {
  // In this order: of a run that ends meanwhile, the first list holds what the second one says.
  const auto ended = names_in(plan_.folder / ended_folder), started = names_in(plan_.folder);
  std::vector<RunMark> marks;
  for (const SweepRun& run : plan_.runs)
    marks.push_back(!started.contains(run.name)               ? RunMark::untouched
                    : ended.contains(ended_name(run, done))   ? RunMark::done
                    : ended.contains(ended_name(run, failed)) ? RunMark::failed
                                                              : RunMark::open);
  return marks;
}

bool SweepFolder::begin(std::size_t run) { return make_folder(plan_.runs[run].folder); }

SharedFolder::Look SweepFolder::look(std::size_t number) {
  const SweepRun& run = plan_.runs[number];
  if (watch_.clear(run.folder / FolderClaim::file) != ClaimWatch::Life::none) return Look::held;
  return fs::exists(file_of(run, done)) || fs::exists(file_of(run, failed)) ? Look::ended : Look::free;
}

void SweepFolder::set_done(const SweepRun& run) const {
  make_folder(plan_.folder / ended_folder);
  const fs::path file = file_of(run, done);
  if (!fs::exists(file)) write_file_atomically(file, "");
  std::error_code none;
  fs::remove(file_of(run, failed), none);
}

void SweepFolder::set_failed(const SweepRun& run, const std::string& why) const {
  make_folder(plan_.folder / ended_folder);
  write_file_atomically(file_of(run, failed), plain_text(why) + "\n");
}

void SweepFolder::forget(const SweepRun& run) const {
  for (const char* how : {done, failed}) fs::remove(file_of(run, how));
}

std::string SweepFolder::why_failed(const SweepRun& run) const {
  std::string text = read_file(file_of(run, failed));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace elbow

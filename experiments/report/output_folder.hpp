#pragma once
#include <filesystem>
#include <set>
#include <string>

namespace elbow {

/// The list of the files in a run's folder that the run, its analyses and the commands on it have written.
inline constexpr auto manifest_file = "manifest.json";

/// The names on that list: those of manifest.json. For a run of an earlier version, which has no such file: those of
/// all files in the folder that such a run could have written. With the SVG of each figure's PNG. Error, naming the
/// file, when it is damaged.
std::set<std::string> files_of_run(const std::filesystem::path& folder);

/// Puts a name on the list. That comes before the file is written: a run that is killed leaves nothing that is not listed.
void list_file_of_run(const std::filesystem::path& folder, const std::string& name);

/// Removes the files on the list, and leaves an empty one.
void remove_files_of_run(const std::filesystem::path& folder);

/// A folder that results are written to.
class OutputFolder {
 public:
  /// A folder in which no list is kept.
  OutputFolder(std::filesystem::path path) : path_(std::move(path)) {}
  /// The folder of a run.
  static OutputFolder of_run(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// The path of a file that is about to be written there; in the folder of a run its name is listed.
  std::filesystem::path file(const std::string& name) const;

 private:
  std::filesystem::path path_;
  bool listed_ = false;
};

}  // namespace elbow

#pragma once
#include <filesystem>
#include <fstream>
#include <string>

namespace elbow {

/// The folder that a run writes to, and its log.
class RunFolder {
 public:
  enum class Mode {
    fresh,   ///< an existing folder is refused
    resume,  ///< it must hold a checkpoint
    force    ///< the files of an earlier run in it are removed
  };

  /// Only looks: Error when the folder may not be used in that way. Nothing is made or removed before open().
  RunFolder(std::filesystem::path path, Mode mode);

  /// Makes the folder, or clears it of an earlier run's files (Mode::force), and opens run.log.
  void open();
  /// The path of one of its files.
  std::filesystem::path operator/(const std::string& file) const { return path_ / file; }
  const std::filesystem::path& path() const { return path_; }
  /// Appends a line, with the time, to run.log.
  void log(const std::string& line);

 private:
  std::filesystem::path path_;
  Mode mode_;
  std::ofstream log_;
};

}  // namespace elbow

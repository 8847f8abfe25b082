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
    force    ///< the files of an earlier run in it are removed; it must hold one, or nothing
  };

  /// Only looks: Error when the folder may not be used in that way. Nothing is made or removed before open().
  RunFolder(std::filesystem::path path, Mode mode);

  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  /// Makes the folder, or clears it of an earlier run's files (Mode::force), and opens run.log. Error, with nothing
  /// touched, when another run is writing to it.
  void open();
  /// The path of one of its files.
  std::filesystem::path operator/(const std::string& file) const { return path_ / file; }
  const std::filesystem::path& path() const { return path_; }
  /// Appends a line, with the time, to run.log.
  void log(const std::string& line);

 private:
  std::filesystem::path path_;
  Mode mode_;
  int lock_ = -1;  // a file descriptor of the folder; the lock goes when the process does, however that ends
  std::ofstream log_;
};

}  // namespace elbow

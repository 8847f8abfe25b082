#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "experiments/report/output_folder.hpp"
#include "experiments/runs/folder_claim.hpp"

namespace elbow {

/// The folder that a run writes to, and its log.
class RunFolder {
 public:
  enum class Mode {
    fresh,   ///< an existing folder is refused
    resume,  ///< it must hold a checkpoint
    force,   ///< the files of an earlier run in it (files_of_run) are removed; it must hold one, or nothing
    keep     ///< an earlier run in it is kept as FOLDER.1, FOLDER.2, ...; it must hold one, or nothing
  };

  /// Only looks: Error when the folder may not be used in that way. Nothing is made or removed before open(). `found`: the
  /// results that the folder held when that mode was chosen (results_in); by default those that it holds now.
  RunFolder(std::filesystem::path path, Mode mode, const std::string& found = "");

  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder();

  /// Makes the folder, or clears it of an earlier run's files (Mode::force), or moves it away (Mode::keep), claims it and opens
  /// run.log. Error, with nothing touched, when another run is writing to it, or has changed its results since they were
  /// found.
  void open();
  /// The path of one of its files; through the folder's descriptor once it is open, so that whoever moves the folder
  /// moves the run with it, and another run that takes its place gets nothing of this one.
  std::filesystem::path operator/(const std::string& file) const { return path() / file; }
  /// The folder's own path, in the same way.
  std::filesystem::path path() const;
  /// The path of a file that is about to be written; it goes on the list of the run's files, which Mode::force removes.
  std::filesystem::path file(const std::string& name) const { return output().file(name); }
  /// The folder, for what writes to any.
  OutputFolder output() const { return OutputFolder::of_run(path()); }
  /// What its user calls it, and a message with that name instead of the descriptor's.
  const std::filesystem::path& name() const { return name_; }
  std::string in_words(std::string message) const;
  /// Where an earlier run was moved (Mode::keep); empty if there was none.
  const std::filesystem::path& kept_as() const { return kept_as_; }
  /// Appends a line, with the time, to run.log.
  void log(const std::string& line);
  /// Error if another run has taken the folder over: to be asked before anything is replaced or removed there.
  void require_claim() const;
  /// Releases the folder, for a program that is about to end without its destructors.
  void release() { claim_.reset(); }

 private:
  void make_and_claim();

  std::filesystem::path name_, kept_as_;
  Mode mode_;
  std::string found_;
  int folder_ = -1, log_ = -1;  // file descriptors
  std::unique_ptr<FolderClaim> claim_;
};

/// Which checkpoint and which summary a folder holds: another text once a run has written one of them. Without blanks.
std::string results_in(const std::filesystem::path& folder);

/// Whether the folder holds nothing, or a run that was killed before its first checkpoint: nothing is lost by starting over.
bool holds_no_run(const std::filesystem::path& folder);

/// Whether a file is there that a run, its analyses or the commands on it have written to its folder.
bool is_file_of_run(const std::filesystem::path& file);

/// The rule for a file named by --out, of every command: it is new, or --force says that it may be replaced; its folder is
/// there; and it is none of the results that a run left in its folder, which only the run's own commands renew. Error
/// otherwise.
void check_output_file(const std::filesystem::path& file, bool force);

}  // namespace elbow

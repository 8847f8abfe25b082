#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/interrupt.hpp"

namespace elbow {

/// The header of a table that a command writes, from left to right. No two columns have one name: columns of the data keep
/// theirs, and a column that the command adds is called NAME_1, or NAME_2, ..., where NAME is taken.
class TableHeader {
 public:
  /// Columns of the data, wherever they stand. One whose name an earlier column of the data has counts as added.
  TableHeader& data(const std::vector<std::string>& names) { return append(names, false); }
  /// Columns that the command adds.
  TableHeader& added(const std::vector<std::string>& names) { return append(names, true); }

  /// The names.
  std::vector<std::string> names() const;

 private:
  struct Column {
    std::string name;
    bool added;
  };
  TableHeader& append(const std::vector<std::string>& names, bool added);

  std::vector<Column> columns_;
};

/// The lines of a table, on standard output as they come, or in a file that appears when it is whole (AtomicFile). Memory: a
/// buffer. From the first line to the end of a file, Ctrl-C and a polite kill end the program within a second, and nothing
/// is left of the file.
class TableOutput {
 public:
  /// To `path`; to standard output where that is empty. Error when the file is there already, unless `force`. Nothing is
  /// made before the first line.
  TableOutput(std::filesystem::path path, bool force, char separator = ',');

  /// Adds a line; fields are quoted where they need it. Error if it cannot be written; Interrupted after a signal.
  void write(const std::vector<std::string>& fields);
  /// Ends the table. Errors as write().
  void finish();

 private:
  void begin();
  void put();

  std::filesystem::path path_;
  char separator_;
  std::string text_;                            // for standard output, what is not written yet
  std::unique_ptr<AtomicFile> file_;            // once it is started
  std::unique_ptr<InterruptWatch> interrupts_;  // as long
};

/// The shortest text that reads back as the same float. Error for a NaN or an infinity, which no model should return.
std::string number_text(float value);

/// "mu_0", "mu_1", ... for the numbers given.
std::vector<std::string> numbered(const std::string& name, const std::vector<int64_t>& numbers);

}  // namespace elbow

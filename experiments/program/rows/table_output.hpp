#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/interrupt.hpp"
#include "data/array_output.hpp"
#include "data/table_file.hpp"

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

/// The lines of a table, on standard output as they come, or in a file that appears when it is whole (AtomicFile): as CSV or, where
/// the file's name ends in .npy or .npz, as arrays of NumPy's (ArrayOutput), in which a missing value is NaN. Memory: a buffer. From the first line to the end of a file, Ctrl-C and a polite kill end the program within a second, and nothing
/// is left of the file.
class TableOutput {
 public:
  /// To `path`; to standard output where that is empty. `format`: of the run's own tables. Error when the file is there already, unless
  /// `force`. Nothing is made before the first line.
  TableOutput(std::filesystem::path path, bool force, TableFormat format = {});

  /// The names of the columns, before any line. `shown`: whether they are a line of CSV. Errors as write().
  void header(const std::vector<std::string>& names, bool shown = true);
  /// Adds a line; fields are quoted where they need it. Error if it cannot be written, such as a text to an array; Interrupted after a signal.
  void write(const std::vector<std::string>& fields);
  /// Ends the table. Errors as write().
  void finish();

 private:
  void begin();
  void put();
  void check_interrupts();
  double number(size_t column, const std::string& field) const;

  std::filesystem::path path_;
  TableFormat format_;
  std::vector<std::string> names_;
  std::string text_;                            // for standard output, what is not written yet
  std::unique_ptr<AtomicFile> file_;            // once it is started
  std::unique_ptr<InterruptWatch> interrupts_;  // as long
  std::unique_ptr<ArrayOutput> arrays_;         // the same, where the file holds arrays
};

/// The shortest text that reads back as the same float; as the same double where that is too large or too small for a float. Error for
/// a NaN or an infinity, which no model should return.
std::string number_text(double value);

/// "mu_0", "mu_1", ... for the numbers given.
std::vector<std::string> numbered(const std::string& name, const std::vector<int64_t>& numbers);

}  // namespace elbow

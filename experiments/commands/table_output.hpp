#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbow {

/// The lines of a table, on standard output as they come, or in a file that appears when it is whole.
class TableOutput {
 public:
  /// To `path`; to standard output where that is empty. Error when the file is there already, unless `force`.
  TableOutput(std::filesystem::path path, bool force, char separator = ',');

  /// Adds a line; fields are quoted where they need it.
  void write(const std::vector<std::string>& fields);
  /// Ends the table. Error if it could not be written.
  void finish();

 private:
  std::filesystem::path path_;
  char separator_;
  std::string text_;  // what is not written yet
};

/// The shortest text that reads back as the same float. Error for a NaN or an infinity, which no model should answer with.
std::string number_text(float value);

/// "mu_0", "mu_1", ... for the numbers given.
std::vector<std::string> numbered(const std::string& name, const std::vector<int64_t>& numbers);

}  // namespace elbow

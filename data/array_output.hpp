#pragma once
#include <boost/crc.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.hpp"

namespace elbow {

/// Whether a table is written to a file of that name as arrays of NumPy's: it ends in .npy or .npz.
bool is_array_file(const std::filesystem::path& path);

/// A table of numbers as NumPy reads it: in an .npy file the matrix [rows, columns] of float64, in C order; in an .npz file that
/// matrix, called "rows", and the vector "columns" of their names. Memory: a buffer.
class ArrayOutput {
 public:
  /// Begins the file, whose name says which of the two it is. `names` [columns]: in UTF-8.
  ArrayOutput(AtomicFile& file, const std::filesystem::path& path, std::vector<std::string> names);

  /// Adds a row [columns]. Error if there are more or fewer numbers, and as AtomicFile.
  void write(const std::vector<double>& row);
  /// Writes what was not known before: how many rows there are. The file itself is left to be finished.
  void finish();

 private:
  AtomicFile& file_;
  bool zip_;
  std::vector<std::string> names_;
  int64_t rows_ = 0, at_ = 0;  // at_: where the file ends
  boost::crc_optimal<32, 0x04C11DB7, 0, 0, true, true>
      crc_;  // of the numbers alone: without the usual first value
};

}  // namespace elbow

#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/npy.hpp"
#include "data/text_source.hpp"

namespace elbow {

/// A table of numbers in NumPy's files, read row by row: an .npy file of one or two axes, or the arrays of an .npz file. Of an .npz
/// file that is the array that the path names (FILE.npz:NAME); else the one that is called "rows"; else the only one; else all of
/// them, as columns, if they are vectors of one length. Memory: a buffer; the whole table where it lies column by column
/// (Fortran order, vectors of an .npz file).
class ArrayTable {
 public:
  /// Reads what stands before the numbers. Error "PATH: ..." for what cannot be read so.
  explicit ArrayTable(TextSource source);
  ArrayTable(ArrayTable&&) noexcept;
  ~ArrayTable();

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  /// The columns' names, if the file has them: those of an .npz file's vectors, or its array "columns" of texts; else empty.
  const std::vector<std::string>& names() const { return names_; }
  /// Reads the next row [columns]; false after the last. Error "PATH: ..." where the file is cut short, longer or damaged.
  bool next(double* row);

 private:
  struct File;
  void open_archive();
  void open_vectors(const std::vector<std::string>& names);
  void open_array(ReadBytes read);
  void fill();
  [[noreturn]] void refuse(const std::string& what) const;

  std::string name_;
  std::unique_ptr<File> file_;
  NpyHeader header_;
  int64_t rows_ = 0, columns_ = 0, row_ = 0;  // row_: the next one
  std::vector<std::string> names_;
  std::vector<double> block_;              // some rows
  size_t at_ = 0;                          // in them
  std::vector<std::vector<double>> held_;  // [columns][rows], where the table lies column by column
};

}  // namespace elbow

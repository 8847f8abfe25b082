#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace elbow {

/// Reads the next n bytes to `to`; returns how many there were: fewer only at the end.
using ReadBytes = std::function<size_t(char* to, size_t n)>;

/// What a .npy file begins with.
inline constexpr std::string_view npy_magic = "\x93NUMPY";

/// The header of an array in NumPy's format (numpy.lib.format; versions 1.0, 2.0, 3.0): what its elements are and how they lie.
struct NpyHeader {
  char kind = 'f';    ///< 'f', 'i', 'u', 'b': numbers; 'U', 'S': texts of UTF-32, of bytes
  int64_t bytes = 8;  ///< of an element
  bool big_endian = false;
  bool fortran_order = false;  ///< whether the first index runs fastest
  std::vector<int64_t> shape = {};

  bool is_text() const { return kind == 'U' || kind == 'S'; }
  int64_t elements() const;  ///< of the whole array; its bytes are known to fit into 63 bits
  int64_t rows() const { return shape[0]; }
  int64_t columns() const { return shape.size() == 2 ? shape[1] : 1; }  ///< a vector is one column

  /// The n elements whose bytes begin at `from`, one after the other, as doubles; elements of numbers. Whole numbers beyond 2^53 are
  /// rounded.
  void numbers(const char* from, int64_t n, double* to) const;
  /// The element as UTF-8; an element of texts. Zeros at its end do not count. Error where it is no text.
  std::string text(const char* from) const;
};

/// Reads the header; what follows are the elements. Error, without the name of the file, for what is no array, is cut short, or has
/// elements that are neither numbers nor texts (Python objects, records, complex numbers, dates), and for a shape that is
/// not of one or two axes or has more bytes than can be.
NpyHeader read_npy_header(const ReadBytes& read);

/// The header of a matrix of float64, or of `columns` texts of `characters` UTF-32 characters: 128 bytes or, where the shape needs it,
/// more. Headers of one number of columns have one length, whatever the number of rows.
std::string npy_header_of_numbers(int64_t rows, int64_t columns);
std::string npy_header_of_texts(int64_t count, int64_t characters);

}  // namespace elbow

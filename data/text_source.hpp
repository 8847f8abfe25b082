#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace elbow {

/// A path that may name one array of an .npz file, FILE.npz:NAME.
struct ArrayPath {
  explicit ArrayPath(const std::filesystem::path& path);
  std::filesystem::path file;
  std::string array;  ///< empty: none is named
};

/// The bytes of a text, one after the other: of a file or a pipe, unpacked if it is gzipped, without its byte-order mark.
class TextSource {
 public:
  /// Opens the file and reads its beginning. Error "PATH: ..." if it cannot be read, or is no text in UTF-8 but UTF-16, a zip
  /// archive (as Excel's workbooks are) or packed in another way. Files of NumPy's arrays are opened as well: is_arrays().
  explicit TextSource(const std::filesystem::path& path);
  /// A text in memory; messages call it `name`.
  TextSource(std::string name, std::string text);
  TextSource(TextSource&&) noexcept;
  TextSource& operator=(TextSource&&) noexcept;
  ~TextSource();

  static constexpr int end = -1;
  /// The next byte, which stays there; `end` after the last one. Error "PATH: ..." if reading fails.
  int peek() { return at_ < buffer_.size() || fill() ? static_cast<unsigned char>(buffer_[at_]) : end; }
  /// The next byte, which is taken.
  int take() {
    const int c = peek();
    at_ += c != end;
    return c;
  }
  /// The first block of the text, 64 KB or all of it, as long as nothing beyond it has been taken.
  std::string_view beginning() const { return buffer_; }
  const std::string& name() const { return name_; }
  /// Whether these are not a text but the arrays of an .npy file, by its first bytes, or of an .npz file, by its name too.
  bool is_arrays() const { return arrays_; }
  /// Takes the next n bytes; returns how many there were. Errors as peek().
  size_t read(char* to, size_t n);

 private:
  struct File;
  bool fill();

  std::string name_;
  std::unique_ptr<File> file_;  // null: the text in memory is all
  std::string buffer_;          // a block of the text
  size_t at_ = 0;               // in it
  bool arrays_ = false;
};

}  // namespace elbow

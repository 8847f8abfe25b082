#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace elbow {

/// The bytes of a text, one after the other: of a file or a pipe, unpacked if it is gzipped, without its byte-order mark.
class TextSource {
 public:
  /// Opens the file and reads its beginning. Error "PATH: ..." if it cannot be read, or is no text in UTF-8 but UTF-16, a zip
  /// archive (as Excel's workbooks are) or packed in another way.
  explicit TextSource(const std::filesystem::path& path);
  /// A text in memory; messages call it `name`.
  TextSource(std::string name, std::string text);
  TextSource(TextSource&&) noexcept;
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

 private:
  struct File;
  bool fill();

  std::string name_;
  std::unique_ptr<File> file_;  // null: the text in memory is all
  std::string buffer_;          // a block of the text
  size_t at_ = 0;               // in it
};

}  // namespace elbow

#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace elbow {

/// The whole of a file, or of what a pipe gives up to 256 MB. Error "PATH: cannot be read: REASON".
std::string read_file(const std::filesystem::path& path);

/// A file that is written piece by piece and appears when it is complete. It is written to NAME.partNUMBER, synced to the
/// disk, then renamed. So a kill at any moment leaves either the old file or the new one. Memory: a buffer.
class AtomicFile {
 public:
  /// Begins the file. Error "PATH: cannot be written: REASON".
  explicit AtomicFile(const std::filesystem::path& path);
  /// An unfinished file is removed; the old file stays.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Goes on with these bytes. Errors as above.
  void write(std::string_view bytes);
  /// Writes these bytes over those that were written from byte `at` on, and then goes on at the end. Errors as above.
  void rewrite(int64_t at, std::string_view bytes);
  /// Puts the file in its place. Errors as above; the old file is then untouched.
  void finish();
  /// What is written until finish().
  const std::filesystem::path& beside() const { return beside_; }
  /// Where this process writes such a file until then: PATH.partNUMBER, with its own number and six random digits, because
  /// processes of two machines that share a folder may have the same number.
  static std::filesystem::path beside(const std::filesystem::path& path);

 private:
  void put(std::string_view bytes);
  [[noreturn]] void refuse(int reason) const;

  std::filesystem::path path_, beside_;
  int file_;  // -1 once it is finished
  std::string buffer_;
};

/// Makes `contents` the whole of the file, by an AtomicFile. Errors as there.
void write_file_atomically(const std::filesystem::path& path, std::string_view contents);

}  // namespace elbow

#include "base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace elbow {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::error_code ignored;  // what is wrong with a path, opening it will say
  if (fs::is_directory(path, ignored)) throw Error(str(path.string(), ": cannot be read: it is a folder"));
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(str(path.string(), ": cannot be read: ", std::strerror(errno)));
  constexpr size_t most_of_a_stream = size_t{1} << 28;  // a pipe may be as useful as a file; /dev/zero is not
  const bool regular = fs::is_regular_file(path);
  std::string text;
  if (regular) text.reserve(fs::file_size(path));
  std::vector<char> part(1 << 16);
  while (in.read(part.data(), std::streamsize(part.size())) || in.gcount() > 0) {
    text.append(part.data(), size_t(in.gcount()));
    if (!regular && text.size() > most_of_a_stream)
      throw Error(str(path.string(), ": cannot be read: it continues after ", most_of_a_stream >> 20, " MB"));
  }
  return text;
}

namespace {

constexpr size_t buffered = size_t{1} << 16;  // bytes

}  // namespace

fs::path AtomicFile::beside(const fs::path& path) {
  static const std::string drawn = std::to_string(1'000'000 + std::random_device()() % 1'000'000).substr(1);
  return path.string() + ".part" + std::to_string(::getpid()) + drawn;
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path), beside_(beside(path)) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    throw Error(
        str(path.string(), ": cannot be written: it is not a file"));  // renaming would replace /dev/null
  file_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file_ < 0) refuse(errno);
}

AtomicFile::~AtomicFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(beside_.c_str());
}

void AtomicFile::refuse(int reason) const {
  throw Error(str(path_.string(), ": cannot be written: ", std::strerror(reason)));
}

void AtomicFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > buffered) {
    put(buffer_);
    buffer_.clear();
  }
  if (bytes.size() > buffered)
    put(bytes);
  else
    buffer_ += bytes;
}

void AtomicFile::rewrite(int64_t at, std::string_view bytes) {
  put(buffer_);
  buffer_.clear();
  if (::lseek(file_, at, SEEK_SET) < 0) refuse(errno);
  put(bytes);
  if (::lseek(file_, 0, SEEK_END) < 0) refuse(errno);
}

void AtomicFile::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_, bytes.data(), bytes.size());
    if (n >= 0)
      bytes.remove_prefix(size_t(n));
    else if (errno != EINTR)
      refuse(errno);
  }
}

void AtomicFile::finish() {
  put(buffer_);
  if (::fsync(file_) != 0 || std::rename(beside_.c_str(), path_.c_str()) != 0) refuse(errno);
  ::close(file_);  // fsync has reported any error already
  file_ = -1;
  // The new name is on the disk when the folder is. Not every file system knows that of folders; the file itself is whole.
  const int folder =
      ::open(path_.has_parent_path() ? path_.parent_path().c_str() : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) ::fsync(folder), ::close(folder);
}

void write_file_atomically(const fs::path& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents);
  file.finish();
}

}  // namespace elbow

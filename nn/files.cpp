#include "nn/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "autograd/error.hpp"

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
      throw Error(str(path.string(), ": cannot be read: it goes on after ", most_of_a_stream >> 20, " MB"));
  }
  return text;
}

namespace {

// Writes the whole of a new file and waits until the disk has it; what failed is in errno.
bool write_and_sync(const fs::path& path, std::string_view contents) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return false;
  bool good = true;
  while (good && !contents.empty()) {
    const ssize_t n = ::write(file, contents.data(), contents.size());
    if (n >= 0)
      contents.remove_prefix(size_t(n));
    else
      good = errno == EINTR;
  }
  good = good && ::fsync(file) == 0;
  const int reason = errno;
  const bool closed = ::close(file) == 0;
  if (!good) errno = reason;
  return good && closed;
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view contents) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored))
    throw Error(
        str(path.string(), ": cannot be written: it is not a file"));  // renaming would replace /dev/null
  const fs::path beside = path.string() + ".part" + std::to_string(::getpid());
  if (write_and_sync(beside, contents) && std::rename(beside.c_str(), path.c_str()) == 0) {
    // The new name is on the disk when the folder is. Not every file system knows that of folders; the file itself is whole.
    const int folder =
        ::open(path.has_parent_path() ? path.parent_path().c_str() : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) ::fsync(folder), ::close(folder);
    return;
  }
  const int reason = errno;
  ::unlink(beside.c_str());
  throw Error(str(path.string(), ": cannot be written: ", std::strerror(reason)));
}

}  // namespace elbow

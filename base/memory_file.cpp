#include "base/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace elbow {

MemoryFile::MemoryFile(const std::string& content) : descriptor_(memfd_create("elbow", MFD_CLOEXEC)) {
  size_t done = 0;
  while (descriptor_ >= 0 && done < content.size()) {
    const ssize_t n = write(descriptor_, content.data() + done, content.size() - done);
    if (n < 0 && errno != EINTR) break;
    done += size_t(std::max<ssize_t>(n, 0));
  }
  if (descriptor_ < 0 || done < content.size()) {
    const int error = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw Error(str("no memory for what a program reads and prints: ", std::strerror(error)));
  }
  lseek(descriptor_, 0, SEEK_SET);
}

MemoryFile::~MemoryFile() { close(descriptor_); }

std::string MemoryFile::content() const {
  std::string text;
  char part[4096];
  lseek(descriptor_, 0, SEEK_SET);
  for (ssize_t n; (n = read(descriptor_, part, sizeof part)) > 0;) text.append(part, size_t(n));
  return text;
}

}  // namespace elbow

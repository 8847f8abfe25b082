#pragma once
#include <string>

namespace elbow {

/// A file in memory: unlike a pipe, it can be written before anyone reads, and unlike one in /tmp, it always can.
class MemoryFile {
 public:
  /// With that content, to be read from its beginning. Error if there is no memory for it.
  explicit MemoryFile(const std::string& content = "");
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }
  /// All that is in it by now.
  std::string content() const;

 private:
  int descriptor_;
};

}  // namespace elbow

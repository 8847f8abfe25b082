#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/npy.hpp"

namespace elbow {

/// A zip archive, such as an .npz file: members that are stored or deflated, of any size (zip64), on one disk, not encrypted.
class ZipArchive {
 public:
  struct Member {
    std::string name;
    uint16_t method = 0;  ///< 0: stored, 8: deflated
    uint32_t crc = 0;
    int64_t packed = 0, size = 0;  ///< bytes in the archive, and of the member itself
    int64_t at = 0;                ///< where its own header begins
  };

  /// Reads the archive's directory. Errors, without the name of the file: it cannot be read, is cut short or damaged.
  explicit ZipArchive(const std::filesystem::path& path);

  const std::vector<Member>& members() const { return members_; }
  /// Reads the member from its beginning; lives no longer than the archive. After its last byte the checksum is compared. Errors,
  /// there and when reading: the member is damaged, encrypted, or packed in another way. Memory: a buffer, however well it is packed.
  ReadBytes open(const Member& member);

 private:
  struct Stream;
  std::string bytes(int64_t at, int64_t count);
  void read_directory(int64_t at, int64_t count, int64_t members);

  std::filesystem::path path_;
  std::ifstream file_;
  int64_t size_ = 0;
  std::vector<Member> members_;
};

}  // namespace elbow

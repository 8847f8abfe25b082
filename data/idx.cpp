#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <boost/iostreams/device/file.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <string_view>

#include "base/error.hpp"

namespace elbow {
namespace {

namespace fs = std::filesystem;
namespace io = boost::iostreams;

// The first number of a file. Its last byte is the number of dimensions; the elements are unsigned bytes or, in the
// last of the three, whole numbers of four bytes.
constexpr int64_t images_magic = 0x803, labels_magic = 0x801, table_magic = 0xC02;

// Of pixels to a side, and of numbers to a label: 2^32 images of that many pixels squared are a number of 64 bits.
constexpr int64_t most_to_a_side = 0x7FFF;

template <class... Args> [[noreturn]] void refuse(const fs::path& path, const Args&... args) {
  throw Error(str(path.string(), ": ", args...));
}

std::string hex(int64_t v) {
  std::array<char, 11> text;
  std::snprintf(text.data(), text.size(), "0x%08x", static_cast<unsigned>(v));
  return text.data();
}

// The bytes of an IDX file, unpacked if they are gzipped.
class IdxFile {
 public:
  explicit IdxFile(const fs::path& path) : path_(path) {
    std::ifstream file(path, std::ios::binary);
    std::array<char, 2> start{};
    if (!fs::is_regular_file(path) || !file) refuse(path, "cannot be read");
    file.read(start.data(), start.size());
    const bool gzipped = std::string_view(start.data(), 2) == "\x1f\x8b";
    if (gzipped) bytes_.push(io::gzip_decompressor());
    bytes_.push(io::file_source(path.string(), std::ios::binary));
    size_ = int64_t(fs::file_size(path));
    longest_ = size_ * (gzipped ? 1032 : 1);  // deflate cannot pack more tightly
  }

  // Reads `n` bytes, each of which belongs to `what`.
  void read(uint8_t* out, int64_t n, const char* what) {
    if (get(reinterpret_cast<char*>(out), n) < n) refuse(path_, "is cut short: it ends within its ", what);
  }

  // A number of the header: four bytes, the highest first.
  int64_t number() {
    std::array<uint8_t, 4> b;
    read(b.data(), 4, "header");
    return int64_t(b[0]) << 24 | b[1] << 16 | b[2] << 8 | b[3];
  }

  // The magic number, which must be one of these.
  int64_t magic(std::initializer_list<int64_t> expected, const char* what) {
    const int64_t found = number();
    if (std::find(expected.begin(), expected.end(), found) != expected.end()) return found;
    const char* other = found == images_magic ? " (images)" : found == labels_magic ? " (labels)" : "";
    refuse(path_, "is no IDX file of ", what, ": it starts with ", hex(found), other, ", not ",
           hex(*expected.begin()));
  }

  // All the rest of the file, which must be `n` bytes.
  std::vector<uint8_t> rest(int64_t n, const char* what) {
    if (n > longest_) refuse(path_, "is cut short: its header announces ", n, " bytes of ", what);
    std::vector<uint8_t> bytes;  // grows as they come: what a packed file promises, it need not hold
    for (int64_t have = 0; have < n; have = int64_t(bytes.size())) {
      const int64_t next = std::min(n - have, std::max(have, 4 * size_));
      bytes.resize(size_t(have + next));
      read(bytes.data() + have, next, what);
    }
    char more;
    if (get(&more, 1) > 0) refuse(path_, "continues after the last of its ", what);
    return bytes;
  }

 private:
  int64_t get(char* out, int64_t n) try { return bytes_.sgetn(out, n); } catch (const std::exception&) {
    refuse(path_, "its gzip is damaged");
  }

  fs::path path_;
  io::filtering_istreambuf bytes_;
  int64_t size_, longest_;  // of the file; of what it can hold at most
};

}  // namespace

IdxImages read_idx_images(const fs::path& path) {
  IdxFile file(path);
  file.magic({images_magic}, "images");
  IdxImages images{file.number(), file.number(), file.number(), {}};
  if (images.height < 1 || images.width < 1 || images.height > most_to_a_side || images.width > most_to_a_side)
    refuse(path, "its header announces images of ", images.height, " x ", images.width, " pixels");
  images.pixels = file.rest(images.count * images.height * images.width, "pixels");
  return images;
}

std::vector<int32_t> read_idx_labels(const fs::path& path) {
  IdxFile file(path);
  const bool bytes_only = file.magic({labels_magic, table_magic}, "labels") == labels_magic;
  const int64_t rows = file.number(), numbers = bytes_only ? 1 : file.number();
  if (numbers < 1 || numbers > most_to_a_side)
    refuse(path, "its header announces ", numbers, " numbers to a label");
  const int64_t size = bytes_only ? 1 : 4 * numbers;  // of a row, in bytes
  const std::vector<uint8_t> bytes = file.rest(rows * size, "labels");
  std::vector<int32_t> labels;
  for (int64_t r = 0; r < rows; ++r) {
    const uint8_t* b = bytes.data() + r * size;
    labels.push_back(bytes_only ? b[0] : int32_t(uint32_t(b[0]) << 24 | b[1] << 16 | b[2] << 8 | b[3]));
    if (labels.back() < 0) refuse(path, "label ", labels.back(), " of row ", r, " is below 0");
  }
  return labels;
}

}  // namespace elbow

#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <boost/iostreams/device/file.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "autograd/error.hpp"

namespace elbow {
namespace {

namespace fs = std::filesystem;
namespace io = boost::iostreams;

constexpr auto where_to_get_it =
    "Debian's package dataset-fashion-mnist installs Fashion-MNIST in /usr/share/datasets/fashion-mnist; "
    "MNIST's "
    "four IDX files are at https://storage.googleapis.com/cvdf-datasets/mnist, and make mnist MNIST=FOLDER "
    "takes "
    "them from a folder";

// The first number of a file: unsigned bytes in so many dimensions.
constexpr int64_t images_magic = 0x803, labels_magic = 0x801;

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

  void expect_magic(int64_t magic, const char* what) {
    const int64_t found = number();
    if (found == magic) return;
    const char* other = found == images_magic ? " (images)" : found == labels_magic ? " (labels)" : "";
    refuse(path_, "is no IDX file of ", what, ": it starts with ", hex(found), other, ", not ", hex(magic));
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
    if (get(&more, 1) > 0) refuse(path_, "goes on after the last of its ", what);
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

fs::path find(const fs::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"})
    if (fs::exists(folder / candidate)) return folder / candidate;
  refuse(folder, "holds neither ", name, " nor ", name, ".gz; ", where_to_get_it);
}

}  // namespace

IdxImages read_idx_images(const fs::path& path) {
  IdxFile file(path);
  file.expect_magic(images_magic, "images");
  IdxImages images{file.number(), file.number(), file.number(), {}};
  constexpr int64_t most = 0x7FFF;  // 2^32 images of that many pixels squared are a number of 64 bits
  if (images.height < 1 || images.width < 1 || images.height > most || images.width > most)
    refuse(path, "its header announces images of ", images.height, " x ", images.width, " pixels");
  images.pixels = file.rest(images.count * images.height * images.width, "pixels");
  return images;
}

std::vector<int32_t> read_idx_labels(const fs::path& path, int32_t classes) {
  IdxFile file(path);
  file.expect_magic(labels_magic, "labels");
  const std::vector<uint8_t> bytes = file.rest(file.number(), "labels");
  const auto bad = std::find_if(bytes.begin(), bytes.end(), [&](uint8_t b) { return b >= classes; });
  if (bad != bytes.end())
    refuse(path, "label ", int(*bad), " of row ", bad - bytes.begin(), " is not one of 0..", classes - 1);
  return {bytes.begin(), bytes.end()};
}

IdxPair read_idx_pair(const fs::path& folder, const std::string& prefix, int32_t classes) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    refuse(folder, "there is no such folder of IDX images; ", where_to_get_it);
  const fs::path images = find(folder, prefix + "-images-idx3-ubyte");
  const fs::path labels = find(folder, prefix + "-labels-idx1-ubyte");
  IdxPair pair{read_idx_images(images), read_idx_labels(labels, classes), images, labels};
  if (int64_t(pair.labels.size()) != pair.images.count)
    refuse(labels, "has ", pair.labels.size(), " labels for the ", pair.images.count, " images in ",
           images.string());
  return pair;
}

}  // namespace elbow

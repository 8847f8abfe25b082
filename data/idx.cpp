#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <boost/iostreams/device/file.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

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

namespace {

constexpr auto where_to_get_images =
    "Debian's package dataset-fashion-mnist installs Fashion-MNIST in /usr/share/datasets/fashion-mnist; "
    "MNIST's four IDX files are at https://storage.googleapis.com/cvdf-datasets/mnist, and make mnist "
    "MNIST=FOLDER takes them from a folder";

using Words = std::vector<std::string>;

// The ends of names, the usual ones first.
const Words image_ends{"-images-idx3-ubyte", "-images-idx3-ubyte.gz", "-images.idx3-ubyte",
                       "-images.idx3-ubyte.gz"};
const Words label_ends{"-labels-idx1-ubyte",    "-labels-idx1-ubyte.gz", "-labels.idx1-ubyte",
                       "-labels.idx1-ubyte.gz", "-labels-idx2-int",      "-labels-idx2-int.gz"};
const Words train_halves{"train"}, test_halves{"t10k", "test"};

// What stands before one of the ends; nothing where the name has none of them.
std::optional<std::string> before(const std::string& name, const Words& ends) {
  for (const std::string& end : ends)
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  return {};
}

// A file or folder: as the settings name it, and where it lies.
struct Found {
  fs::path setting, place;
};

class Finder {
 public:
  Finder(fs::path folder, const std::function<fs::path(const std::string&)>& find)
      : folder_(std::move(folder)), find_(find) {}

  Found named(const fs::path& name) const {
    const fs::path setting = folder_ / name, place = find_(setting.string());
    if (!fs::exists(place))
      throw Error(str(place.string(), ": there is no such file",
                      did_you_mean(place.filename().string(), names_in(place.parent_path()))));
    return {setting, place};
  }

  Found train_images() {
    const Found in = folder(folder_);
    std::map<std::string, std::string> sets;  // of each prefix the file, the first of image_ends that is there
    for (const std::string& name : names_in(in.place))
      if (const auto stem = before(name, image_ends))
        if (const auto prefix = before(*stem, train_halves))
          sets[*prefix] = *first_of(in.place, {*stem}, image_ends);
    if (sets.empty()) missing(in.place, "train images", train_halves, train_halves, image_ends);
    if (sets.size() > 1 && !sets.contains("")) {
      std::vector<std::string> files;
      for (const auto& [prefix, file] : sets) files.push_back(file);
      throw Error(str(in.place.string(), ": holds ", sets.size(), " sets of images: ", quoted_list(files),
                      "; --set data.train_images=", files.front(), " chooses one, with what belongs to it"));
    }
    return {in.setting / sets.begin()->second, in.place / sets.begin()->second};
  }

  // Under the prefix of the training images.
  Found test_images(const Found& train) {
    const Found in = folder(train.setting.parent_path());
    const auto stem = before(train.place.filename().string(), image_ends);
    const auto prefix = stem ? before(*stem, train_halves) : std::nullopt;
    if (!prefix)
      throw Error(str("data.test_images: must name the test images: the name of the training images, ",
                      train.place.filename().string(), ", follows no known pattern"));
    Words stems;
    for (const std::string& half : test_halves) stems.push_back(*prefix + half);
    const auto name = first_of(in.place, stems, image_ends);
    if (!name) missing(in.place, "test images", stems, test_halves, image_ends);
    return {in.setting / *name, in.place / *name};
  }

  // Beside the images. Where there are none: nothing or, if they are needed, an error.
  std::optional<fs::path> labels(const Found& images, const std::string& half, const Words& halves,
                                 bool needed) {
    const std::string name = images.place.filename().string();
    const auto stem = before(name, image_ends);
    if (!stem && needed)
      throw Error(str("data.", half, "_labels: must name the labels of ", name,
                      ", since the other images have labels"));
    if (!stem) return {};
    const fs::path in = folder(images.setting.parent_path()).place;
    if (const auto found = first_of(in, {*stem}, label_ends)) return in / *found;
    const Words names = names_in(in);
    const bool packed = std::any_of(names.begin(), names.end(), [&](const std::string& file) {
      return file.starts_with(*stem + "-labels") && file.find("idx") != std::string::npos;
    });
    if (needed || packed) missing(in, half + " labels", {*stem}, halves, label_ends);
    return {};
  }

 private:
  // Each is looked for once: files that were read before are compared with their hashes.
  Found folder(const fs::path& setting) {
    const fs::path key = (setting / "").lexically_normal();
    if (!folders_.contains(key)) folders_[key] = find_(setting.string());
    const fs::path& place = folders_[key];
    std::error_code ignored;
    if (!fs::is_directory(place, ignored))
      throw Error(str(place.string(), ": there is no such folder of IDX images; ", where_to_get_images));
    return {setting, place};
  }

  static std::vector<std::string> names_in(const fs::path& place) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  static std::optional<std::string> first_of(const fs::path& place, const Words& stems, const Words& ends) {
    for (const std::string& stem : stems)
      for (const std::string& end : ends)
        if (fs::exists(place / (stem + end))) return stem + end;
    return {};
  }

  // Error that names what was looked for, and files that are none of a set but seem to be meant.
  [[noreturn]] static void missing(const fs::path& place, const std::string& what, const Words& stems,
                                   const Words& halves, const Words& ends) {
    const std::string kind = &ends == &image_ends ? "image" : "label";
    Words near;
    for (const std::string& name : names_in(place)) {
      std::string lower = name;
      for (char& c : lower) c = char(std::tolower(static_cast<unsigned char>(c)));
      const auto has = [&](const std::string& part) { return lower.find(part) != std::string::npos; };
      if (!before(name, image_ends) && !before(name, label_ends) && has(kind) &&
          std::any_of(halves.begin(), halves.end(), has))
        near.push_back(name);
    }
    std::string names;
    for (const std::string& stem : stems) names += (names.empty() ? "" : " or ") + stem + ends.front();
    throw Error(str(place.string(), ": holds no ", what, ": ", names, ", plain or with .gz",
                    near.empty() ? "" : "; there is " + quoted_list(near) + ": unpack or rename it", "; ",
                    where_to_get_images));
  }

  fs::path folder_;
  const std::function<fs::path(const std::string&)>& find_;
  std::map<fs::path, fs::path> folders_;
};

}  // namespace

IdxFiles find_idx_files(const fs::path& folder, const IdxFiles& named,
                        const std::function<fs::path(const std::string&)>& find) {
  Finder finder(folder, find);
  const Found train = named.train_images.empty() ? finder.train_images() : finder.named(named.train_images);
  const Found test = named.test_images.empty() ? finder.test_images(train) : finder.named(named.test_images);
  const auto labels = [&](const fs::path& name, const Found& images, const char* half, const Words& halves,
                          bool needed) {
    return name.empty() ? finder.labels(images, half, halves, needed) : std::optional(finder.named(name).place);
  };
  const auto train_labels = labels(named.train_labels, train, "train", train_halves, false);
  const auto test_labels = labels(named.test_labels, test, "test", test_halves, bool(train_labels));
  if (test_labels && !train_labels) finder.labels(train, "train", train_halves, true);  // an error
  return {train.place, train_labels.value_or(""), test.place, test_labels.value_or("")};
}

}  // namespace elbow

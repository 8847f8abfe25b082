// IDX files: good ones, plain and gzipped, and one message for each way in which they can be damaged.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "data/idx.hpp"
#include "data/sources.hpp"
#include "data_helpers.hpp"
#include "idx_helpers.hpp"

using namespace elbow;
using namespace elbow::test;
namespace fs = std::filesystem;

namespace {

// What read_idx_images says of such a file, without the file's name.
std::string images_error(const std::string& bytes, const std::string& name = "images") {
  const TemporaryFolder folder;
  const fs::path path = folder.path / name;
  write_bytes(path, bytes);
  const std::string message = error_of([&] { read_idx_images(path); });
  BOOST_TEST(!contains(message, "\n"));
  return message.starts_with(path.string() + ": ") ? message.substr(path.string().size() + 2) : message;
}

Config config(const Json& json) { return Config(json, "", "data"); }

}  // namespace

BOOST_AUTO_TEST_CASE(plain_and_gzipped_files) {
  const TemporaryFolder folder;
  const std::string bytes = images_file(5, 2, 3);
  write_bytes(folder.path / "plain", bytes);
  write_bytes(folder.path / "packed.gz", gzip(bytes));
  for (const char* name : {"plain", "packed.gz"}) {
    const IdxImages images = read_idx_images(folder.path / name);
    BOOST_TEST((images.count == 5 && images.height == 2 && images.width == 3));
    BOOST_TEST((std::string(images.pixels.begin(), images.pixels.end()) == bytes.substr(16)));
  }
  write_bytes(folder.path / "labels", labels_file({3, 0, 9}));
  BOOST_TEST(read_idx_labels(folder.path / "labels") == (std::vector<int32_t>{3, 0, 9}));
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  const std::string good = images_file(50, 8, 8), packed = gzip(good);
  BOOST_TEST(images_error(good) == "no error");
  BOOST_TEST(images_error("") == "is cut short: it ends within its header");
  BOOST_TEST(images_error(good.substr(0, 10)) == "is cut short: it ends within its header");
  BOOST_TEST(images_error(good.substr(0, good.size() - 1)) == "is cut short: it ends within its pixels");
  BOOST_TEST(images_error(good.substr(0, 100)) == "is cut short: its header announces 3200 bytes of pixels");
  BOOST_TEST(images_error(good + "x") == "continues after the last of its pixels");
  BOOST_TEST(images_error(labels_file({1, 2})) ==
             "is no IDX file of images: it starts with 0x00000801 (labels), not 0x00000803");
  BOOST_TEST(images_error("P5 28 28") == "is no IDX file of images: it starts with 0x50352032, not 0x00000803");
  BOOST_TEST(images_error(images_file(3, 0, 4)) == "its header announces images of 0 x 4 pixels");
  BOOST_TEST(images_error(images_file(3, 4, 0)) == "its header announces images of 4 x 0 pixels");
  // As many bytes as the header can announce do not fit into 64 bits.
  BOOST_TEST(images_error(header({0x803, ~0u, ~0u, ~0u})) ==
             "its header announces images of 4294967295 x 4294967295 pixels");
  BOOST_TEST(images_error(header({0x803, ~0u, 0xFFFF, 0xFFFF})) ==
             "its header announces images of 65535 x 65535 pixels");
  for (const std::string& huge :
       {header({0x803, ~0u, 0x7FFF, 0x7FFF}), gzip(header({0x803, ~0u, 0x7FFF, 0x7FFF}))})
    BOOST_TEST(images_error(huge) == "is cut short: its header announces 4611404546671968255 bytes of pixels");
  BOOST_TEST(images_error(header({0x803, ~0u, 28, 28})) ==
             "is cut short: its header announces 3367254359280 bytes of pixels");
  // Eight megabytes could hold what this header promises; nothing of that size is asked for before the bytes are there.
  BOOST_TEST(images_error(gzip(header({0x803, 10'000'000, 28, 28}) + std::string(8'500'000, 'x')) +
                          std::string(8'000'000, 'x')) == "its gzip is damaged");
  for (const uint32_t magic :
       {0x803u << 8, 0x3080000u, 0x802u, 0xD03u})  // shifted, the other byte order, other types
    BOOST_TEST(contains(images_error(header({magic, 3, 2, 2})), "is no IDX file of images: it starts with 0x"));

  BOOST_TEST(images_error(packed, "a.gz") == "no error");
  BOOST_TEST(images_error(packed, "packed, but not by its name") == "no error");
  BOOST_TEST(images_error(good, "plain, but not by its name.gz") == "no error");
  BOOST_TEST(images_error(gzip(""), "a.gz") == "is cut short: it ends within its header");
  BOOST_TEST(images_error(gzip(packed), "a.gz") == str("is no IDX file of images: it starts with 0x1f8b08",
                                                       packed[3] == 0 ? "00" : "??", ", not 0x00000803"));
  BOOST_TEST(images_error(packed + "something else", "a.gz") == "its gzip is damaged");
  BOOST_TEST(images_error(packed + gzip("x"), "a.gz") == "continues after the last of its pixels");
  BOOST_TEST(images_error(gzip(good + "x"), "a.gz") == "continues after the last of its pixels");
  for (const size_t length :
       {size_t(2), size_t(5), size_t(15), packed.size() / 2, packed.size() - 9, packed.size() - 1}) {
    const std::string message = images_error(packed.substr(0, length), "a.gz");
    BOOST_TEST((contains(message, "gzip is damaged") || contains(message, "is cut short")),
               length << ": " << message);
  }
  std::string flipped = packed;  // within the packed pixels: the check sum shows it at the latest
  flipped[packed.size() / 2] ^= 0x10;
  const std::string message = images_error(flipped, "a.gz");
  BOOST_TEST((contains(message, "gzip is damaged") || contains(message, "is cut short")), message);
  flipped = packed;
  flipped[packed.size() - 6] ^= 0x10;  // the check sum itself
  BOOST_TEST(images_error(flipped, "a.gz") == "its gzip is damaged");
}

// Any one bit wrong in a header is found; any one in a gzip file is found too, or the pixels are as they were.
BOOST_AUTO_TEST_CASE(every_single_bit) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "images";
  const std::string good = images_file(5, 4, 4), packed = gzip(good);
  const auto pixels_or_error = [&](std::string bytes, size_t bit) -> std::string {
    bytes[bit / 8] = char(bytes[bit / 8] ^ 1 << bit % 8);
    write_bytes(path, bytes);
    try {
      const IdxImages images = read_idx_images(path);
      return {images.pixels.begin(), images.pixels.end()};
    } catch (const Error& e) { return e.what(); }
  };
  for (size_t bit = 0; bit < 16 * 8; ++bit)
    BOOST_TEST(pixels_or_error(good, bit).starts_with(path.string() + ": "), "bit " << bit);
  int found = 0;
  for (size_t bit = 0; bit < packed.size() * 8; ++bit) {
    const std::string result = pixels_or_error(packed, bit);
    const bool error = result.starts_with(path.string() + ": ");
    BOOST_TEST((error || result == good.substr(16)), "bit " << bit);
    found += error;
  }
  // Flags, date, system (7 bytes), the padding of the last packed byte, and the size after the check sum do not matter.
  BOOST_TEST(found >= int(packed.size() * 8) - (7 + 1 + 4) * 8);
}

BOOST_AUTO_TEST_CASE(bad_labels) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "labels";
  const auto message = [&](const std::string& bytes) {
    write_bytes(path, bytes);
    return error_of([&] { read_idx_labels(path); });
  };
  BOOST_TEST(message(images_file(1, 2, 2)) ==
             path.string() + ": is no IDX file of labels: it starts with 0x00000803 (images), not 0x00000801");
  const std::string good = labels_file({1, 2, 255});
  BOOST_TEST(message(good) == "no error");
  BOOST_TEST(message("") == path.string() + ": is cut short: it ends within its header");
  BOOST_TEST(message(good.substr(0, 10)) == path.string() + ": is cut short: it ends within its labels");
  BOOST_TEST(message(good + '\1') == path.string() + ": continues after the last of its labels");
  BOOST_TEST(message(gzip(good).substr(0, 20)).starts_with(path.string() + ": "));
  BOOST_TEST(message(header({0x801, ~0u})) ==
             path.string() + ": is cut short: its header announces 4294967295 bytes of labels");
}

// QMNIST has several numbers to a label: the class, and where the digit comes from.
BOOST_AUTO_TEST_CASE(labels_of_several_numbers) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "labels";
  const std::string good = header({0xC02, 2, 3, 7, 1000, 65536, 300, 0, 1});
  write_bytes(path, gzip(good));
  BOOST_TEST(read_idx_labels(path) == (std::vector<int32_t>{7, 300}));
  const auto message = [&](const std::string& bytes) {
    write_bytes(path, bytes);
    return error_of([&] { read_idx_labels(path); });
  };
  BOOST_TEST(message(good.substr(0, good.size() - 1)) ==
             path.string() + ": is cut short: it ends within its labels");
  BOOST_TEST(message(header({0xC02, 1, 2, ~0u, 0})) == path.string() + ": label -1 of row 0 is below 0");
  BOOST_TEST(message(header({0xC02, 1, 0})) == path.string() + ": its header announces 0 numbers to a label");
  BOOST_TEST(message(header({0xC02, ~0u, ~0u})) ==
             path.string() + ": its header announces 4294967295 numbers to a label");
  BOOST_TEST(message(header({0xC02, ~0u, 8})) ==
             path.string() + ": is cut short: its header announces 137438953440 bytes of labels");
}

BOOST_AUTO_TEST_CASE(a_data_set_of_images) {
  const TemporaryFolder folder;
  write_bytes(folder.path / "train-images-idx3-ubyte", images_file(6, 2, 3));
  write_bytes(folder.path / "train-labels-idx1-ubyte", labels_file({1, 2, 0, 1, 2, 0}));
  write_bytes(folder.path / "t10k-images-idx3-ubyte", images_file(2, 2, 3));
  write_bytes(folder.path / "t10k-labels-idx1-ubyte", labels_file({2, 2}));
  Json options{{"source", "idx_images"}, {"path", folder.path.string()}, {"classes", 3}, {"train_rows", 4}};
  const DataSplit data = make_data(config(options), 1);
  BOOST_TEST((data.train.rows() == 4 && data.test.rows() == 2 && data.train.columns() == 6));
  BOOST_TEST((data.train.image->height == 2 && data.train.image->width == 3));
  BOOST_TEST(data.train.classes()->row_classes() == (std::vector<int32_t>{1, 2, 0, 1}));
  const auto pixels = data.train.x.range(1, 2).to_vector<float>();
  for (int i = 0; i < 12; ++i) BOOST_TEST(pixels[i] == float(uint8_t((6 + i) * 7)) / 255.0f);
  float gathered[6];
  const int64_t index[] = {2};
  data.train.x.gather(index, gathered);
  BOOST_TEST(std::equal(gathered, gathered + 6, pixels.begin() + 6));

  options["train_rows"] = 7;
  BOOST_TEST(
      contains(error_of([&] { make_data(config(options), 1); }), "data.train_rows: there are only 6 images"));
  options["train_rows"] = nullptr;
  BOOST_TEST(make_data(config(options), 1).train.rows() == 6);
  write_bytes(folder.path / "t10k-images-idx3-ubyte", images_file(2, 3, 3));
  BOOST_TEST(contains(error_of([&] { make_data(config(options), 1); }),
                      "data.path: training images are 2 x 3, test images 3 x 3"));
}

BOOST_AUTO_TEST_CASE(fashion_mnist) {
  if (!fs::exists("/usr/share/datasets/fashion-mnist")) {
    BOOST_TEST_MESSAGE("SKIPPED: Debian's package dataset-fashion-mnist is not installed");
    std::puts("SKIPPED: Debian's package dataset-fashion-mnist is not installed");
    return;
  }
  const DataSplit data = make_data(config(Json{{"source", "idx_images"}}), 1);
  BOOST_TEST((data.train.rows() == 60000 && data.test.rows() == 10000 && data.train.columns() == 784));
  for (const Dataset* set : {&data.train, &data.test}) {  // every class is as frequent
    std::vector<int64_t> counts(10);
    for (const int32_t label : set->classes()->row_classes()) ++counts[label];
    for (const int64_t count : counts) BOOST_TEST(count == set->rows() / 10);
  }
  const auto pixels = data.train.x.range(0, 10000).to_vector<float>();
  const double mean = std::accumulate(pixels.begin(), pixels.end(), 0.0) / double(pixels.size());
  BOOST_TEST(std::abs(mean - 0.286) <
             0.003);  // 0.2860 over all of them, as published; 10,000 images vary by 0.002
}

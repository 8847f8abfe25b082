#pragma once
// IDX files made by tests.
#pragma GCC diagnostic ignored "-Wrestrict"  // g++ 12 is mistaken about a string within Boost's gzip_compressor
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/data_helpers.hpp"

namespace elbow::test {

/// Four bytes, the highest first.
inline std::string number(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

inline std::string header(std::initializer_list<uint32_t> numbers) {
  std::string bytes;
  for (const uint32_t v : numbers) bytes += number(v);
  return bytes;
}

/// Pixels 0, 7, 14, ... modulo 256.
inline std::string images_file(uint32_t count, uint32_t height, uint32_t width) {
  std::string bytes = header({0x803, count, height, width});
  for (uint32_t i = 0; i < count * height * width; ++i) bytes += char(i * 7);
  return bytes;
}

inline std::string labels_file(const std::vector<uint8_t>& labels) {
  return header({0x801, uint32_t(labels.size())}).append(labels.begin(), labels.end());
}

inline std::string gzip(const std::string& bytes) {
  std::vector<char> packed;
  boost::iostreams::filtering_ostream out(boost::iostreams::gzip_compressor() |
                                          boost::iostreams::back_inserter(packed));
  out << bytes;
  out.reset();
  return {packed.begin(), packed.end()};
}

/// The folder of IDX files of 48 training and 20 test images of 12 x 12 pixels, with labels 0 and 1; it stays until the tests end.
inline std::string small_images() {
  static const TemporaryFolder folder;
  for (const auto& [set, count] : {std::pair{"train", 48u}, {"t10k", 20u}}) {
    std::vector<uint8_t> labels(count);
    for (uint32_t i = 0; i < count; ++i) labels[i] = uint8_t(i % 2);
    write_bytes(folder.path / (std::string(set) + "-images-idx3-ubyte"), images_file(count, 12, 12));
    write_bytes(folder.path / (std::string(set) + "-labels-idx1-ubyte"), labels_file(labels));
  }
  return folder.path.string();
}

}  // namespace elbow::test

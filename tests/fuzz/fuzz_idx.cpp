#ifndef __clang__
#pragma GCC diagnostic ignored "-Wrestrict"  // g++ 12 is mistaken about a string within Boost's gzip_compressor
#endif
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include "data/idx.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {
namespace {

std::string gzipped(std::string_view bytes) {
  namespace io = boost::iostreams;
  std::string packed;
  io::filtering_ostream out(io::gzip_compressor(1) | io::back_inserter(packed));
  out << bytes;
  out.reset();
  return packed;
}

std::vector<uint8_t> pixels_of(const std::filesystem::path& path) {
  std::vector<uint8_t> pixels;
  accepted(path.string(), [&] {
    IdxImages images = read_idx_images(path);
    require(int64_t(images.pixels.size()) == images.count * images.height * images.width,
            "other pixels than announced");
    pixels = std::move(images.pixels);
  });
  return pixels;
}

std::vector<int32_t> labels_of(const std::filesystem::path& path) {
  std::vector<int32_t> labels;
  accepted(path.string(), [&] { labels = read_idx_labels(path); });
  for (const int32_t label : labels) require(label >= 0, "a label below 0");
  return labels;
}

}  // namespace

void idx(std::string_view input) {
  const auto plain = file("plain", input);
  const auto pixels = pixels_of(plain);
  const auto labels = labels_of(plain);
  if (input.starts_with("\x1f\x8b")) return;
  const auto packed = file("packed", gzipped(input));
  require(pixels_of(packed) == pixels && labels_of(packed) == labels, "the packed file reads otherwise");
}

}  // namespace elbow::fuzz

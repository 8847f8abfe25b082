#include "data/array_output.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/npy.hpp"

namespace elbow {
namespace {

constexpr const char* rows_member = "rows.npy";
constexpr const char* names_member = "columns.npy";

// A whole number as n bytes, the smallest first.
std::string bytes_of(uint64_t value, int n) {
  std::string bytes;
  for (int i = 0; i < n; ++i) bytes += char(value >> (8 * i) & 255);
  return bytes;
}

// A product of polynomials over bits modulo that of the checksum of zip files; the highest bit is the power 0.
uint32_t times(uint32_t a, uint32_t b) {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000; bit; bit >>= 1, b = b & 1 ? b >> 1 ^ 0xEDB88320 : b >> 1)
    if (a & bit) product ^= b;
  return product;
}

// The checksum of bytes whose beginning has the checksum `first`, and whose other `count` bytes have the sum `rest`, begun at 0. The sum
// is linear: the beginning counts as if zeros came after it, which multiply by a power of x.
uint32_t joined(uint32_t first, uint32_t rest, uint64_t count) {
  uint32_t power = 0x00800000, shifted = ~first;  // x^8: a byte
  for (; count; count >>= 1, power = times(power, power))
    if (count & 1) shifted = times(shifted, power);
  return ~(shifted ^ rest);
}

uint32_t crc_of(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

// What stands before a stored member, of always the same length: its sizes are in the zip64 field, as NumPy writes them.
std::string member_header(const std::string& name, uint32_t crc, int64_t size) {
  const std::string version = bytes_of(45, 2), flags = bytes_of(0, 2), stored = bytes_of(0, 2);
  const std::string date =
      bytes_of(0, 2) + bytes_of(0x21, 2);  // 1980-01-01: the same bytes whenever it is written
  return "PK\x03\x04" + version + flags + stored + date + bytes_of(crc, 4) + bytes_of(0xFFFFFFFF, 4) +
         bytes_of(0xFFFFFFFF, 4) + bytes_of(name.size(), 2) + bytes_of(20, 2) + name + bytes_of(1, 2) +
         bytes_of(16, 2) + bytes_of(uint64_t(size), 8) + bytes_of(uint64_t(size), 8);
}

// The same member's entry in the directory.
std::string directory_entry(const std::string& header, const std::string& name, int64_t at) {
  const std::string sizes = header.substr(header.size() - 16);
  return "PK\x01\x02" + bytes_of(45, 2) + header.substr(4, 22) + bytes_of(name.size(), 2) + bytes_of(28, 2) +
         std::string(10, 0) + bytes_of(0xFFFFFFFF, 4) + name + bytes_of(1, 2) + bytes_of(24, 2) + sizes +
         bytes_of(uint64_t(at), 8);
}

std::string directory_end(int64_t members, int64_t bytes, int64_t at) {
  const std::string m = bytes_of(uint64_t(members), 8);
  return "PK\x06\x06" + bytes_of(44, 8) + bytes_of(45, 2) + bytes_of(45, 2) + std::string(8, 0) + m + m +
         bytes_of(uint64_t(bytes), 8) + bytes_of(uint64_t(at), 8) + "PK\x06\x07" + bytes_of(0, 4) +
         bytes_of(uint64_t(at + bytes), 8) + bytes_of(1, 4) + "PK\x05\x06" + std::string(4, 0) +
         bytes_of(0xFFFF, 2) + bytes_of(0xFFFF, 2) + bytes_of(0xFFFFFFFF, 4) + bytes_of(0xFFFFFFFF, 4) +
         bytes_of(0, 2);
}

// The names as a vector of UTF-32 texts.
std::string array_of(const std::vector<std::string>& names) {
  std::vector<std::u32string> texts;
  size_t longest = 1;
  for (const std::string& name : names) {
    std::u32string& text = texts.emplace_back();
    for (std::string_view rest = name; !rest.empty();) {
      const auto c = first_character(rest);
      text += c.number;
      rest.remove_prefix(std::max<size_t>(c.bytes, 1));
    }
    longest = std::max(longest, text.size());
  }
  std::string array = npy_header_of_texts(int64_t(names.size()), int64_t(longest));
  for (const std::u32string& text : texts)
    for (size_t i = 0; i < longest; ++i) array += bytes_of(i < text.size() ? text[i] : 0, 4);
  return array;
}

}  // namespace

bool is_array_file(const std::filesystem::path& path) {
  return path.extension() == ".npy" || path.extension() == ".npz";
}

ArrayOutput::ArrayOutput(AtomicFile& file, const std::filesystem::path& path, std::vector<std::string> names)
    : file_(file), zip_(path.extension() == ".npz"), names_(std::move(names)) {
  // finish() writes this again, with the number of rows and, in an archive, the checksum.
  const std::string header =
      (zip_ ? member_header(rows_member, 0, 0) : "") + npy_header_of_numbers(0, int64_t(names_.size()));
  file_.write(header);
  at_ = int64_t(header.size());
}

void ArrayOutput::write(const std::vector<double>& row) {
  if (row.size() != names_.size())
    fail("array", "a row of ", row.size(), " numbers in a table of ", names_.size(), " columns");
  std::string bytes(8 * row.size(), 0);
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(bytes.data(), row.data(), bytes.size());
  if (zip_) crc_.process_bytes(bytes.data(), bytes.size());
  file_.write(bytes);
  at_ += int64_t(bytes.size());
  ++rows_;
}

void ArrayOutput::finish() {
  const std::string header = npy_header_of_numbers(rows_, int64_t(names_.size()));
  if (!zip_) return file_.rewrite(0, header);
  const int64_t numbers = 8 * rows_ * int64_t(names_.size());
  const uint32_t crc = joined(crc_of(header), crc_.checksum(), uint64_t(numbers));
  const std::string member = member_header(rows_member, crc, int64_t(header.size()) + numbers);
  file_.rewrite(0, member + header);
  std::string directory = directory_entry(member, rows_member, 0);
  const std::string array = array_of(names_),
                    second = member_header(names_member, crc_of(array), int64_t(array.size()));
  directory += directory_entry(second, names_member, at_);
  file_.write(second);
  file_.write(array);
  at_ += int64_t(second.size() + array.size());
  file_.write(directory);
  file_.write(directory_end(2, int64_t(directory.size()), at_));
}

}  // namespace elbow

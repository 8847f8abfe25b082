#ifndef __clang__
#pragma GCC diagnostic ignored "-Wrestrict"  // g++ 12 is mistaken about a string within Boost's filters
#endif
#include "data/zip_archive.hpp"

#include <algorithm>
#include <boost/crc.hpp>
#include <boost/iostreams/concepts.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <memory>

#include "base/error.hpp"

namespace elbow {
namespace {

namespace io = boost::iostreams;

constexpr uint32_t member_mark = 0x04034b50, directory_mark = 0x02014b50, end_mark = 0x06054b50,
                   end64_mark = 0x06064b50, locator_mark = 0x07064b50;
constexpr int64_t member_bytes = 30, directory_bytes = 46, end_bytes = 22, end64_bytes = 56, locator_bytes = 20;
constexpr uint32_t elsewhere = 0xFFFFFFFF;  // the number stands in the zip64 field

[[noreturn]] void refuse_damage() { throw Error("its zip is damaged, or cut short"); }

// A whole number of n bytes, the smallest first.
int64_t little(std::string_view bytes, size_t at, size_t n) {
  if (at + n > bytes.size()) refuse_damage();
  uint64_t value = 0;
  for (size_t i = n; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  if (value >> 62) refuse_damage();  // sums of two stay whole numbers
  return int64_t(value);
}

// Fills in those numbers that stand in the zip64 field of `extra`, in this order.
void read_zip64(std::string_view extra, std::initializer_list<int64_t*> numbers) {
  while (extra.size() >= 4) {
    const size_t length = size_t(little(extra, 2, 2));
    if (little(extra, 0, 2) != 1) {
      extra.remove_prefix(std::min(extra.size(), 4 + length));
      continue;
    }
    size_t at = 4;
    for (int64_t* number : numbers)
      if (*number == elsewhere) *number = little(extra.substr(0, 4 + length), at, 8), at += 8;
    return;
  }
}

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary) {
  if (!file_) throw Error("cannot be read");
  file_.seekg(0, std::ios::end);
  size_ = int64_t(file_.tellg());
  // The end record is the last thing but a comment of up to 64 KB.
  const int64_t looked_at = std::min<int64_t>(size_, end_bytes + 65535);
  const std::string tail = bytes(size_ - looked_at, looked_at);
  size_t at = tail.rfind("PK\x05\x06");
  if (at == std::string::npos || tail.size() - at < size_t(end_bytes)) refuse_damage();
  int64_t members = little(tail, at + 10, 2), length = little(tail, at + 12, 4),
          first = little(tail, at + 16, 4);
  if (at >= size_t(locator_bytes) && little(tail, at - locator_bytes, 4) == locator_mark) {
    const std::string end = bytes(little(tail, at - locator_bytes + 8, 8), end64_bytes);
    if (little(end, 0, 4) != end64_mark) refuse_damage();
    members = little(end, 32, 8), length = little(end, 40, 8), first = little(end, 48, 8);
  }
  read_directory(first, length, members);
}

std::string ZipArchive::bytes(int64_t at, int64_t count) {
  if (at < 0 || count < 0 || at > size_ || count > size_ - at) refuse_damage();
  std::string text(size_t(count), 0);
  file_.clear();
  file_.seekg(at);
  if (!file_.read(text.data(), count)) refuse_damage();
  return text;
}

void ZipArchive::read_directory(int64_t at, int64_t count, int64_t members) {
  const std::string all = bytes(at, count);
  std::string_view rest(all);
  for (int64_t i = 0; i < members; ++i) {
    if (little(rest, 0, 4) != directory_mark) refuse_damage();
    const auto number = [&](size_t from, size_t n) { return little(rest, from, n); };
    const size_t name = size_t(number(28, 2)), extra = size_t(number(30, 2)), comment = size_t(number(32, 2));
    const size_t length = directory_bytes + name + extra + comment;
    if (length > rest.size()) refuse_damage();
    Member m{std::string(rest.substr(directory_bytes, name)),
             uint16_t(number(10, 2)),
             uint32_t(number(16, 4)),
             number(20, 4),
             number(24, 4),
             number(42, 4)};
    read_zip64(rest.substr(directory_bytes + name, extra), {&m.size, &m.packed, &m.at});
    if (number(8, 2) & 1) m.method = 0xFFFF;  // encrypted: open() says so
    if (m.packed > size_ || m.at > size_) refuse_damage();
    members_.push_back(std::move(m));
    rest.remove_prefix(length);
  }
}

// A member that is being read.
struct ZipArchive::Stream {
  // Its bytes in the archive. Boost.Iostreams copies its sources.
  struct Packed : io::source {
    Stream* of;
    explicit Packed(Stream* of) : of(of) {}
    std::streamsize read(char* to, std::streamsize n) {
      n = std::min<std::streamsize>(n, of->left);
      if (n == 0) return -1;
      if (!of->file.read(to, n)) refuse_damage();
      of->left -= n;
      return n;
    }
  };

  std::ifstream file;
  int64_t left, size_left;  // bytes in the archive, and of the member, that are not read yet
  uint32_t wanted_crc;
  boost::crc_32_type crc;
  io::filtering_streambuf<io::input> unpacked;

  Stream(const std::filesystem::path& path, int64_t at, const Member& m)
      : file(path, std::ios::binary), left(m.packed), size_left(m.size), wanted_crc(m.crc) {
    file.seekg(at);
    io::zlib_params raw;
    raw.noheader = true;
    if (m.method == 8) unpacked.push(io::zlib_decompressor(raw));
    unpacked.push(Packed(this));
  }

  size_t read(char* to, size_t n) try {
    n = size_t(std::min(int64_t(n), size_left));
    const std::streamsize got = n == 0 ? 0 : unpacked.sgetn(to, std::streamsize(n));
    if (got != std::streamsize(n)) refuse_damage();
    crc.process_bytes(to, n);
    size_left -= got;
    if (size_left == 0 && crc.checksum() != wanted_crc) refuse_damage();
    return n;
  } catch (const io::zlib_error&) { refuse_damage(); }
};

ReadBytes ZipArchive::open(const Member& m) {
  if (m.method == 0xFFFF) throw Error(str("its member ", m.name, " is encrypted"));
  if (m.method != 0 && m.method != 8)
    throw Error(str("its member ", m.name, " is packed in a way (", m.method, ") that NumPy does not use"));
  const std::string header = bytes(m.at, member_bytes);
  if (little(header, 0, 4) != member_mark) refuse_damage();
  const int64_t at = m.at + member_bytes + little(header, 26, 2) + little(header, 28, 2);
  if (at > size_ || m.packed > size_ - at || (m.method == 0 && m.packed != m.size)) refuse_damage();
  const auto stream = std::make_shared<Stream>(path_, at, m);
  return [stream](char* to, size_t n) { return stream->read(to, n); };
}

}  // namespace elbow

#include "data/text_source.hpp"

#include <boost/iostreams/concepts.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "data/npy.hpp"

namespace elbow {
namespace {

namespace io = boost::iostreams;

constexpr size_t block_bytes = 65536;

// Files that are not text, recognised by their first bytes.
struct Signature {
  std::string_view bytes;
  const char* message;
};
constexpr Signature not_text[] = {
    {"\xFF\xFE", "is UTF-16, not UTF-8 (`iconv -f UTF-16 -t UTF-8` converts it)"},
    {"\xFE\xFF", "is UTF-16, not UTF-8 (`iconv -f UTF-16 -t UTF-8` converts it)"},
    {"PK\x03\x04", "is a zip archive, such as an Excel workbook: save it as CSV, or unpack it"},
    {"\xFD\x37zXZ", "is packed by xz: unpack it (`xz -d`)"},
    {"BZh", "is packed by bzip2: unpack it (`bzip2 -d`)"},
    {"\x28\xB5\x2F\xFD", "is packed by zstd: unpack it (`zstd -d`)"},
    {"PAR1", "is a Parquet file: save it as CSV"},
};
constexpr std::string_view gzip = "\x1F\x8B", zip = "PK\x03\x04", empty_zip = "PK\x05\x06",
                           byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

// The bytes as they are in the file, and unpacked.
struct TextSource::File {
  std::ifstream file;
  std::string first;  // the first block, which says how the rest is to be read
  size_t at = 0;      // in it
  io::filtering_streambuf<io::input> unpacked;

  explicit File(const std::filesystem::path& path) : file(path, std::ios::binary) {
    if (!file) return;
    first.resize(block_bytes);
    file.read(first.data(), std::streamsize(first.size()));
    first.resize(size_t(file.gcount()));
    if (first.starts_with(gzip)) unpacked.push(io::gzip_decompressor());
    unpacked.push(Source(this));
  }

  // The bytes from the first one on. Boost.Iostreams copies its sources.
  struct Source : io::source {
    File* of;
    explicit Source(File* of) : of(of) {}
    std::streamsize read(char* to, std::streamsize n) {
      const size_t held = std::min(size_t(n), of->first.size() - of->at);
      std::memcpy(to, of->first.data() + of->at, held);
      of->at += held;
      if (held > 0) return std::streamsize(held);
      of->file.read(to, n);
      const std::streamsize got = of->file.gcount();
      return got == 0 ? -1 : got;
    }
  };
};

ArrayPath::ArrayPath(const std::filesystem::path& path) : file(path) {
  constexpr std::string_view mark = ".npz:";
  const std::string text = path.string();
  const size_t at = text.rfind(mark);
  std::error_code ignored;
  if (at == std::string::npos || std::filesystem::exists(path, ignored)) return;
  file = text.substr(0, at + mark.size() - 1);
  array = text.substr(at + mark.size());
}

TextSource::TextSource(std::string name, std::string text) : name_(std::move(name)), buffer_(std::move(text)) {}
TextSource::TextSource(TextSource&&) noexcept = default;
TextSource& TextSource::operator=(TextSource&&) noexcept = default;
TextSource::~TextSource() = default;

TextSource::TextSource(const std::filesystem::path& path) : name_(path.string()) {
  std::error_code ignored;
  const std::filesystem::path file = ArrayPath(path).file;
  if (std::filesystem::is_directory(file, ignored)) throw Error(name_ + ": cannot be read: it is a folder");
  errno = 0;
  file_ = std::make_unique<File>(file);
  if (!file_->file.is_open() || file_->file.bad())
    throw Error(str(name_, ": cannot be read: ", std::strerror(errno)));
  fill();
  arrays_ = beginning().starts_with(npy_magic) || (beginning().starts_with(zip) && file.extension() == ".npz");
  if (arrays_) return;
  if (file.extension() == ".npz" && beginning().starts_with(empty_zip))
    throw Error(name_ + ": holds no arrays");
  if (file.extension() == ".npz" || file.extension() == ".npy")
    throw Error(str(name_, ": is no file of NumPy's: it begins otherwise"));
  for (const Signature& signature : not_text)
    if (beginning().starts_with(signature.bytes)) throw Error(str(name_, ": ", signature.message));
  if (beginning().starts_with(byte_order_mark)) buffer_.erase(0, byte_order_mark.size());
}

size_t TextSource::read(char* to, size_t n) {
  size_t done = 0;
  while (done < n && peek() != end) {
    const size_t part = std::min(n - done, buffer_.size() - at_);
    std::memcpy(to + done, buffer_.data() + at_, part);
    at_ += part;
    done += part;
  }
  return done;
}

bool TextSource::fill() {
  if (!file_) return false;
  buffer_.resize(block_bytes);
  at_ = 0;
  try {
    buffer_.resize(size_t(
        std::max<std::streamsize>(0, file_->unpacked.sgetn(buffer_.data(), std::streamsize(block_bytes)))));
  } catch (const io::gzip_error&) { throw Error(name_ + ": its gzip is damaged, or cut short"); }
  return !buffer_.empty();
}

}  // namespace elbow

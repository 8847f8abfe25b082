#include "data/npy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "base/error.hpp"

namespace elbow {
namespace {

constexpr size_t most_header_bytes = 65536;  // NumPy writes 128 for any table

// The header's text: a Python dictionary of a text, a bool and a tuple of whole numbers. No more of Python is understood.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : rest_(text) {}

  NpyHeader read(std::string& type) {
    NpyHeader header;
    bool has_type = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_type)
        has_type = true, type = description();
      else if (key == "fortran_order" && !has_order)
        has_order = true, header.fortran_order = truth();
      else if (key == "shape" && !has_shape)
        has_shape = true, header.shape = shape();
      else
        damaged();
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (!has_type || !has_order || !has_shape) damaged();
    return header;
  }

 private:
  [[noreturn]] static void damaged() { throw Error("its header is damaged"); }
  bool take(char c) {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0]))) rest_.remove_prefix(1);
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) damaged();
  }
  std::string quoted() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const size_t end = rest_.find(quote);
    if (end == std::string_view::npos) damaged();
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::string description() {
    if (take('[')) throw Error("holds records (a structured dtype): save its fields as columns of numbers");
    return quoted();
  }
  bool truth() {
    take(' ');
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)})
      if (rest_.starts_with(word)) return rest_.remove_prefix(std::strlen(word)), value;
    damaged();
  }
  std::vector<int64_t> shape() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!take(')')) {
      take(' ');
      int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error == std::errc::result_out_of_range) throw Error("its shape is too large");
      if (error != std::errc() || size < 0) damaged();
      rest_.remove_prefix(size_t(end - rest_.data()));
      take('L');  // as Python 2 wrote it
      sizes.push_back(size);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view rest_;
};

// "<f8" and its like.
void read_type(const std::string& type, NpyHeader& header) {
  const auto refuse = [&](const char* what) {
    throw Error(str("holds ", what, " (dtype \"", type, "\"), not numbers"));
  };
  if (type.find('O') != std::string::npos) refuse("Python objects, which only Python can unpack");
  const size_t at = type.empty() || std::isalpha(static_cast<unsigned char>(type[0])) ? 0 : 1;
  const char order = at == 1 ? type[0] : '=';
  int64_t size = 0;
  const char* end = type.data() + type.size();
  const bool sized = type.size() > at + 1 && std::from_chars(type.data() + at + 1, end, size).ptr == end;
  if (!sized || std::string_view("<>|=").find(order) == std::string_view::npos)
    refuse("elements of an unknown kind");
  header.kind = type[at];
  header.big_endian = order == '>';
  header.bytes = header.kind == 'U' && size <= int64_t(most_header_bytes) ? 4 * size : size;
  const bool is_known = [&] {
    switch (header.kind) {
      case 'f': return size == 2 || size == 4 || size == 8;
      case 'i':
      case 'u': return size == 1 || size == 2 || size == 4 || size == 8;
      case 'b': return size == 1;
      case 'U':
      case 'S': return size > 0 && size <= int64_t(most_header_bytes);
      default: return false;
    }
  }();
  if (is_known) return;
  const char kind = header.kind;
  refuse(kind == 'c'                  ? "complex numbers"
         : kind == 'M' || kind == 'm' ? "dates or times"
         : kind == 'V'                ? "raw bytes or records"
         : kind == 'f'                ? "numbers longer than float64"
                                      : "elements of an unknown kind");
}

int64_t product(int64_t a, int64_t b) {
  if (a != 0 && b > std::numeric_limits<int64_t>::max() / a) throw Error("its shape is too large");
  return a * b;
}

// The bytes as a number of that type, in this machine's order.
template <class T> T raw(const char* from, bool reversed) {
  std::array<char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), from, bytes.size());
  if (reversed) std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<T>(bytes);
}

// IEEE 754's half precision: a sign, 5 bits of exponent, 10 of fraction.
double half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction ? std::numeric_limits<double>::quiet_NaN()
                                                  : std::numeric_limits<double>::infinity())
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

template <class T> void convert(const char* from, int64_t n, bool reversed, double* to) {
  for (int64_t i = 0; i < n; ++i) to[i] = double(raw<T>(from + i * int64_t(sizeof(T)), reversed));
}

// The character as UTF-8.
void append_utf8(std::string& text, uint32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) throw Error("holds a text that is not Unicode");
  if (c < 0x80) {
    text += char(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<int, 4> first{0, 0xC0, 0xE0, 0xF0};
  text += char(first[size_t(more)] | int(c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += char(0x80 | (c >> (6 * i) & 0x3F));
}

std::string header_text(const std::string& dictionary) {
  const size_t length = (10 + dictionary.size() + 1 + 127) / 128 * 128;  // the elements begin at a multiple
  std::string header(npy_magic);
  const size_t rest = length - 10;
  header += {'\x01', '\x00', char(rest & 255), char(rest >> 8)};
  header += dictionary;
  header.resize(length, ' ');
  header.back() = '\n';
  return header;
}

}  // namespace

int64_t NpyHeader::elements() const {
  int64_t n = 1;
  for (const int64_t size : shape) n *= size;
  return n;
}

void NpyHeader::numbers(const char* from, int64_t n, double* to) const {
  const bool reversed = bytes > 1 && big_endian != (std::endian::native == std::endian::big);
  const auto as = [&]<class T>(T) { convert<T>(from, n, reversed, to); };
  switch (kind) {
    case 'f':
      if (bytes == 8) return as(double());
      if (bytes == 4) return as(float());
      for (int64_t i = 0; i < n; ++i) to[i] = half(raw<uint16_t>(from + 2 * i, reversed));
      return;
    case 'i':
      return bytes == 8   ? as(int64_t())
             : bytes == 4 ? as(int32_t())
             : bytes == 2 ? as(int16_t())
                          : as(int8_t());
    case 'u':
      return bytes == 8   ? as(uint64_t())
             : bytes == 4 ? as(uint32_t())
             : bytes == 2 ? as(uint16_t())
                          : as(uint8_t());
    default:
      for (int64_t i = 0; i < n; ++i) to[i] = from[i] != 0;
  }
}

std::string NpyHeader::text(const char* from) const {
  std::string text;
  if (kind == 'S') {
    text.assign(from, size_t(bytes));
  } else {
    const bool reversed = big_endian != (std::endian::native == std::endian::big);
    for (int64_t i = 0; i < bytes; i += 4) append_utf8(text, raw<uint32_t>(from + i, reversed));
  }
  text.resize(text.find_last_not_of('\0') + 1);
  return text;
}

NpyHeader read_npy_header(const ReadBytes& read) {
  const auto bytes = [&](size_t n) {
    std::string text(n, 0);
    if (read(text.data(), n) != n) throw Error("is cut short: it ends within its header");
    return text;
  };
  const std::string start = bytes(8);
  if (!start.starts_with(npy_magic)) throw Error("is no array of NumPy: it begins otherwise");
  const int version = start[6];
  if (version < 1 || version > 3 || start[7] != 0)
    throw Error(
        str("is of the version ", version, '.', int(start[7]), " of NumPy's format, which is not known"));
  size_t length = 0, shift = 0;
  for (const char c : bytes(version == 1 ? 2 : 4))
    length |= size_t(static_cast<unsigned char>(c)) << shift, shift += 8;
  if (length > most_header_bytes) throw Error("its header is damaged");
  std::string type;
  const std::string text = bytes(length);
  NpyHeader header = HeaderText(text).read(type);
  read_type(type, header);
  if (header.shape.empty() || header.shape.size() > 2)
    throw Error(str("has ", header.shape.size(), " axes; a table has one or two"));
  int64_t size = header.bytes;
  for (const int64_t n : header.shape) size = product(size, std::max<int64_t>(n, 1));
  return header;
}

std::string npy_header_of_numbers(int64_t rows, int64_t columns) {
  std::string dictionary =
      str("{'descr': '<f8', 'fortran_order': False, 'shape': (", rows, ", ", columns, "), }");
  dictionary.resize(std::max<size_t>(dictionary.size(), 100), ' ');  // room for the longest shape
  return header_text(dictionary);
}

std::string npy_header_of_texts(int64_t count, int64_t characters) {
  return header_text(str("{'descr': '<U", characters, "', 'fortran_order': False, 'shape': (", count, ",), }"));
}

}  // namespace elbow

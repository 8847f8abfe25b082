#include "base/utf8.hpp"

#include <cstdint>

namespace elbow {

Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t(0); };
  const size_t length = byte(0) < 0x80             ? 1
                        : (byte(0) & 0xE0) == 0xC0 ? 2
                        : (byte(0) & 0xF0) == 0xE0 ? 3
                        : (byte(0) & 0xF8) == 0xF0 ? 4
                                                   : 0;
  if (length == 0) return {0, 0};
  if (length == 1) return {1, byte(0)};
  char32_t number = byte(0) & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    number = number << 6 | (byte(i) & 0x3F);
  }
  // Of two spellings only the shorter is valid; halves of UTF-16 pairs are no characters.
  static constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = number >= smallest[length] && number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
  return {valid ? length : 0, number};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t bytes = first_character(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace elbow

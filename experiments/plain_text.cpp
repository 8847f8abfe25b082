#include "experiments/plain_text.hpp"

#include <cstdint>
#include <vector>

namespace elbow {
namespace {

constexpr auto replacement = "\xEF\xBF\xBD";  // U+FFFD

// The length in bytes of the UTF-8 character that text begins with, and its number; length 0 if that is none.
struct Character {
  std::size_t length;
  char32_t number;
};
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t(0); };
  const std::size_t length = byte(0) < 0x80             ? 1
                             : (byte(0) & 0xE0) == 0xC0 ? 2
                             : (byte(0) & 0xF0) == 0xE0 ? 3
                             : (byte(0) & 0xF8) == 0xF0 ? 4
                                                        : 0;
  if (length == 0) return {0, 0};
  if (length == 1) return {1, byte(0)};
  char32_t number = byte(0) & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, 0};
    number = number << 6 | (byte(i) & 0x3F);
  }
  // Of two spellings only the shorter is valid; halves of UTF-16 pairs are no characters.
  static constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = number >= smallest[length] && number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
  return {valid ? length : 0, number};
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029; }

bool turns_direction(char32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string plain_text(std::string_view text, bool lines) {
  std::string out;
  while (!text.empty()) {
    const Character c = first_character(text);
    const std::size_t length = c.length ? c.length : 1;
    if (c.length == 0 || (is_control(c.number) && !(lines && (c.number == '\n' || c.number == '\t'))))
      out += replacement;
    else if (!turns_direction(c.number))
      out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

std::string shortened(const std::string& text, std::size_t most) {
  std::vector<std::size_t> begins;  // of each character
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((uint8_t(text[i]) & 0xC0) != 0x80) begins.push_back(i);
  if (begins.size() <= most) return text;
  const std::size_t head = most / 2, tail = most - 1 - head;
  return text.substr(0, begins[head]) + "…" + text.substr(begins[begins.size() - tail]);
}

}  // namespace elbow

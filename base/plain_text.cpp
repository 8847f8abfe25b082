#include "base/plain_text.hpp"

#include <cstdint>
#include <vector>

#include "base/utf8.hpp"

namespace elbow {
namespace {

constexpr auto replacement = "\xEF\xBF\xBD";  // U+FFFD

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
    const std::size_t length = c.bytes ? c.bytes : 1;
    if (c.bytes == 0 || (is_control(c.number) && !(lines && (c.number == '\n' || c.number == '\t'))))
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

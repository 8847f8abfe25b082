#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.hpp"

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

namespace {

// Levenshtein's distance: how many letters must be put in, taken out or changed to make b of a.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);  // distances from a's first i letters to each beginning of b
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string* nearest = nullptr;
  size_t least = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known)
    if (const size_t distance = edit_distance(word, candidate); distance < least) {
      least = distance;
      nearest = &candidate;
    }
  return nearest ? "; did you mean \"" + *nearest + "\"?" : "";
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "\"" : ", \"") + word + "\"";
  return list;
}

std::string quoted(const std::string& text) {
  constexpr size_t longest = 60;
  if (text.size() <= longest) return '"' + text + '"';
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;  // within a character of UTF-8
  return '"' + text.substr(0, end) + "...\"";
}

std::string few_of(const std::vector<std::string>& words) {
  constexpr size_t few = 6;
  std::string list;
  for (size_t i = 0; i < words.size() && i < few; ++i) list += (i == 0 ? "" : ", ") + quoted(words[i]);
  return words.size() <= few ? list : str(list, ", ... (", words.size(), " in all)");
}

}  // namespace elbow

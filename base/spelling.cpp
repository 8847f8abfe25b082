#include "base/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace elbow {
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

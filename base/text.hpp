#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace elbow {

/// The character that a text in UTF-8 begins with: how many bytes it takes, 0 if they are no character, and its number.
struct Character {
  size_t bytes;
  char32_t number;
};
Character first_character(std::string_view text);

/// Whether the whole text is UTF-8. Text from outside (files, settings, the command line) is asked this where it comes in,
/// so that whoever writes it on, as JSON, a table or a page, need not.
bool is_utf8(std::string_view text);

/// Text from outside (a table's header, a class, a folder) as it may be shown: each byte that is not UTF-8 and each control
/// character becomes U+FFFD, and marks that turn the direction of what follows are left out (Unicode TR 36, 2.4). A line
/// break stays if `lines`.
std::string plain_text(std::string_view text, bool lines = false);

/// Text of at most `most` characters: a longer one keeps its ends, which tell the names of one family apart, and has "…"
/// between them. `text` is UTF-8.
std::string shortened(const std::string& text, std::size_t most);

/// For messages about a word that is unknown: `; did you mean "NEAREST"?` if one of the known words differs
/// from it in at most a third of its letters, else "".
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

/// `"a", "b", "c"`.
std::string quoted_list(const std::vector<std::string>& words);
/// The same for words that come from data, of which there may be many, and long ones: the first few, `"a", "b", ... (1204 in all)`.
std::string few_of(const std::vector<std::string>& words);
/// The text in quotes, cut where it is long.
std::string quoted(const std::string& text);

}  // namespace elbow

#pragma once
#include <cstddef>
#include <string_view>

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

}  // namespace elbow

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace elbow {

/// Text from outside (a table's header, a class, a folder) as it may be shown: each byte that is not UTF-8 and each control
/// character becomes U+FFFD, and marks that turn the direction of what follows are left out (Unicode TR 36, 2.4). A line
/// break stays if `lines`.
std::string plain_text(std::string_view text, bool lines = false);

/// Text of at most `most` characters: a longer one keeps its ends, which tell the names of one family apart, and has "…"
/// between them. `text` is UTF-8.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace elbow

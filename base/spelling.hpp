#pragma once
#include <string>
#include <vector>

namespace elbow {

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

#include "data/description.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {

void description(std::string_view input) {
  const std::filesystem::path path = file("data.json", input);
  DataSplit split;
  if (!accepted(path.string(), [&] { split = read_description(path); })) return;
  const std::string text = description_of(split);
  require(description_of(read_description(file("data.json", text))) == text, "described otherwise: " + text);
}

}  // namespace elbow::fuzz

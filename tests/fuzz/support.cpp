#include "fuzz/support.hpp"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cvae/experiment.hpp"
#include "data_helpers.hpp"

namespace elbow::fuzz {

const std::filesystem::path& folder() {
  static const test::TemporaryFolder folder;
  return folder.path;
}

std::filesystem::path file(const std::string& name, std::string_view contents) {
  const std::filesystem::path path = folder() / name;
  test::write_bytes(path, std::string(contents));
  return path;
}

std::vector<std::string> parts(std::string_view input, size_t count) {
  constexpr std::string_view line = "====\n";
  std::vector<std::string> parts;
  while (parts.size() + 1 < count) {
    const size_t end = input.find(line);
    parts.emplace_back(input.substr(0, end));
    input.remove_prefix(end == input.npos ? input.size() : end + line.size());
  }
  parts.emplace_back(input);
  return parts;
}

void require(bool good, const std::string& what) {
  if (!good) throw std::logic_error(what);
}

bool is_small(const Json& json) {
  if (json.is_number()) return std::abs(json.get<double>()) <= 64;
  for (const Json& inner : json)
    if (json.is_structured() && !is_small(inner)) return false;
  return true;
}

void make_experiment(const Json& json, const std::string& name) {
  const Json data = json.is_object() ? json.value("data", Json()) : Json();
  // Rows that are not limited are 64,000; images come from a folder.
  if (data.is_object() && (!data.contains("train_rows") || !data.contains("test_rows") ||
                           data.value("source", Json()) == "idx_images"))
    return;
  if (!is_small(json)) return;
  std::string resolved;
  const bool other_files = data.is_object() && data.contains("path");  // which a message may be about
  if (accepted(other_files ? "" : name, [&] { resolved = Experiment(Config(json, name)).resolved; }))
    require(Experiment(Config(parse_json(resolved, name))).resolved == resolved,
            "resolved otherwise: " + resolved);
}

std::string with_length(std::string_view input) {
  const size_t zero = std::min(input.find('\0'), input.size());
  const uint64_t length = zero;
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += input.substr(0, zero);
  return bytes += input.substr(std::min(zero + 1, input.size()));
}

}  // namespace elbow::fuzz

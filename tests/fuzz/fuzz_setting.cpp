#include <nlohmann/json.hpp>
#include <sstream>

#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {

void setting(std::string_view input) {
  static const Json base = parse_json(R"({
    "name": "base",
    "data": {"source": "independent_gaussian", "columns": 2, "train_rows": 8, "test_rows": 8},
    "condition": {"kind": "columns", "given": 0.5},
    "model": {"encoder": [4], "latents": 2, "decoder": [4]},
    "training": {"epochs": 1, "batch_rows": 4}
  })",
                                      "base");
  Json json = base;
  std::istringstream lines{std::string(input)};
  for (std::string line; std::getline(lines, line);) accepted("", [&] { set_setting(json, line); });
  require(!json.dump().empty(), "");  // which throws, were anything in it not UTF-8
  make_experiment(json, "base.json");
}

}  // namespace elbow::fuzz

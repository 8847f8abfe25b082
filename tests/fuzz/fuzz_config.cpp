#include <nlohmann/json.hpp>

#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {

void config(std::string_view input) {
  const std::string path = file("config.json", input).string();
  accepted(path, [&] {
    const Json json = read_json(path);
    require(parse_json(json.dump(2), path) == json, "what was read is written and read otherwise");
    make_experiment(json, path);
  });
}

}  // namespace elbow::fuzz

#include "experiments/run_inputs.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "autograd/error.hpp"
#include "nn/config.hpp"
#include "nn/files.hpp"
#include "nn/hash.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

constexpr auto inputs_file = "inputs.json";

std::string hash_of_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(path.string() + ": cannot be read");
  Hash hash;
  std::vector<char> part(1 << 16);
  while (in.read(part.data(), std::streamsize(part.size())) || in.gcount() > 0)
    hash.add({part.data(), size_t(in.gcount())});
  return hash.hex();
}

}  // namespace

void save_inputs(const fs::path& run, const std::vector<fs::path>& inputs) {
  if (inputs.empty()) return;
  Json files = Json::array();
  for (const fs::path& input : inputs)
    files.push_back({{"path", input.string()}, {"bytes", fs::file_size(input)}, {"hash", hash_of_file(input)}});
  write_file_atomically(run / inputs_file, Json{{"files", files}}.dump(1) + '\n');
}

void check_inputs(const fs::path& run, const std::vector<fs::path>& inputs) {
  const fs::path record = run / inputs_file;
  if (inputs.empty() || !fs::exists(record)) return;
  const Json json = read_json(record);
  try {
    for (const fs::path& input : inputs)
      for (const Json& then : json.at("files"))
        if (then.at("path") == input.string() &&
            (then.at("bytes") != fs::file_size(input) || then.at("hash") != hash_of_file(input)))
          throw Error(str(input.string(), ": has changed since the run in ", run.string(),
                          " was begun: put the file back that it was trained on, or train anew"));
  } catch (const Json::exception&) { throw Error(record.string() + ": is damaged"); }
}

}  // namespace elbow

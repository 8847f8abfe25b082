#include "experiments/runs/inputs.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/hash.hpp"

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

// A file that a run was made from.
struct Input {
  fs::path path, absolute;  // as the settings name it; the same for any working folder, or empty
  Json bytes;
  std::string hash;

  bool unchanged(const fs::path& file) const {
    return bytes == fs::file_size(file) && hash_of_file(file) == hash;
  }
};

std::vector<Input> read_inputs(const fs::path& file) {
  std::vector<Input> inputs;
  if (!fs::exists(file)) return inputs;
  const Json json = read_json(file);
  try {
    for (const Json& i : json.at("files"))
      inputs.push_back({i.at("path").get<std::string>(), i.value("absolute", ""), i.at("bytes"), i.at("hash")});
  } catch (const Json::exception&) { throw Error(file.string() + ": is damaged"); }
  return inputs;
}

// "a/b" for "./a/b/".
fs::path plain(const fs::path& path) { return (path / "").lexically_normal().parent_path(); }

// Whether `input` is the file that a setting names, or lies in the folder that it names.
bool is_named_by(const Input& input, const fs::path& setting) {
  return plain(input.path) == plain(setting) || plain(input.path).parent_path() == plain(setting);
}

}  // namespace

void save_inputs(const OutputFolder& run, const Experiment& experiment) {
  std::vector<fs::path> inputs = experiment.data.inputs;
  if (const auto& net = experiment.evaluation.features) inputs.emplace_back(*net);
  Json files = Json::array();
  for (const fs::path& input : inputs)
    if (fs::is_regular_file(input))
      files.push_back({{"path", input.string()},
                       {"absolute", fs::absolute(input).lexically_normal().string()},
                       {"bytes", fs::file_size(input)},
                       {"hash", hash_of_file(input)}});
  if (!files.empty())
    write_file_atomically(run.file(inputs_file),
                          Json{{"files", files}}.dump(1, ' ', false, Json::error_handler_t::replace) + '\n');
}

fs::path find_input(const fs::path& run, const std::string& setting) {
  std::vector<Input> files = read_inputs(run / inputs_file);
  std::erase_if(files, [&](const Input& input) { return !is_named_by(input, setting); });
  if (files.empty()) return setting;
  const bool folder = plain(files.front().path) != plain(setting);
  const fs::path& absolute = files.front().absolute;
  std::vector<fs::path> places = {setting};
  if (!absolute.empty()) places.push_back(folder ? absolute.parent_path() : absolute);
  fs::path changed;
  for (const fs::path& place : places) {
    const bool all = std::all_of(files.begin(), files.end(), [&](const Input& input) {
      const fs::path file = folder ? place / input.path.filename() : place;
      if (!fs::is_regular_file(file)) return false;
      if (input.unchanged(file)) return true;
      if (changed.empty()) changed = file;
      return false;
    });
    if (all) return place;
  }
  if (!changed.empty())
    throw Error(str(changed.string(), ": has changed since the run in ", run.string(),
                    " was started: put back the file that it was trained on, or train again"));
  throw Error(str(setting, ": is not there", places.size() > 1 ? ", nor is " + places.back().string() : "",
                  ": this needs what the run in ", run.string(), " was made from"));
}

void check_recorded(const fs::path& run, const std::vector<fs::path>& files) {
  const std::vector<Input> inputs = read_inputs(run / inputs_file);
  for (const fs::path& file : files)
    if (!inputs.empty() && std::none_of(inputs.begin(), inputs.end(), [&](const Input& input) {
          return input.path.filename() == file.filename();
        }))
      throw Error(str(file.string(), ": is not what the run in ", run.string(), " was trained on"));
}

DataMaker data_found_by(const fs::path& run) {
  return [run](const Config& settings, uint64_t seed) {
    KnownData known;
    known.find = [&](const std::string& setting) { return find_input(run, setting); };
    known.held_out = held_out_by(settings);
    return make_data(settings.section("data"), seed, known);
  };
}

std::optional<std::string> find_feature_net(const fs::path& run, const Experiment& experiment) {
  const auto& net = experiment.evaluation.features;
  return net ? find_input(run, *net).string() : net;
}

}  // namespace elbow

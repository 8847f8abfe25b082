#include "experiments/runs/config_schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/process.hpp"
#include "cvae/experiment.hpp"

namespace elbow {
namespace {

// The elements of two lists; a value by itself is a list of one.
Json united(const Json& a, const Json& b) {
  Json all = a.is_array() ? a : Json{a};
  for (const Json& element : b.is_array() ? b : Json{b})
    if (std::ranges::find(all, element) == all.end()) all.push_back(element);
  return all.size() == 1 ? all[0] : all;
}

// What two descriptions of one setting agree in; types and choices that either knows.
Json agreed(const Json& a, const Json& b) {
  Json both = Json::object();
  for (const auto& [key, value] : a.items())
    if (b.contains(key) && b.at(key) == value) both[key] = value;
  for (const char* key : {"type", "enum"})
    if (a.contains(key) && b.contains(key)) both[key] = united(a.at(key), b.at(key));
  return both;
}

// A section under one choice and under another: the settings of both. A setting is required if both require it.
Json merged(const Json& a, const Json& b) {
  if (a == b) return a;
  if (!a.contains("properties") || !b.contains("properties")) return agreed(a, b);
  Json all = a;
  for (const auto& [key, value] : b.at("properties").items()) {
    Json& of = all["properties"];
    of[key] = of.contains(key) ? merged(of.at(key), value) : value;
  }
  Json required = Json::array();
  for (const Json& key : a.value("required", Json::array()))
    for (const Json& other : b.value("required", Json::array()))
      if (key == other) required.push_back(key);
  all.erase("required");
  if (!required.empty()) all["required"] = required;
  return all;
}

// The settings that an experiment reads. The experiment is made, with its data's files in memory.
Json asked_by(const Json& json) {
  const Config config(json);
  const Experiment experiment(config);
  return config.schema();
}

std::string path_of(const MemoryFile& file) { return str("/proc/self/fd/", file.descriptor()); }

std::string big_endian(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

}  // namespace

Json config_schema() {
  const MemoryFile table("a,b\n1,2\n2,1\n3,3\n4,0\n5,2\n6,1\n7,3\n8,0\n9,2\n10,1\n");
  const std::string eight = big_endian(8), size = big_endian(28);
  const MemoryFile images(big_endian(0x803) + eight + size + size + std::string(8 * 28 * 28, '\1')),
      labels(big_endian(0x801) + eight + std::string(8, '\1'));
  const Json columns = {{"columns", {{{"name", "a"}, {"kind", "real"}}, {{"name", "b"}, {"kind", "real"}}}}};
  const Json few = {{"source", "independent_gaussian"}, {"train_rows", 16}, {"test_rows", 16}};
  const Json image_files = {{"source", "idx_images"},          {"path", "/"},
                            {"train_images", path_of(images)}, {"train_labels", path_of(labels)},
                            {"test_images", path_of(images)},  {"test_labels", path_of(labels)}};
  const auto with = [&](const char* section, const char* key, const Json& value) {
    Json json = {{"name", "x"}, {"data", few}, {"training", {{"batch_rows", 2}}}};
    json[section][key] = value;
    return json;
  };
  std::vector<Json> variants;
  for (const std::string& source : source_names()) {
    Json json = with("data", "source", source);
    if (source == "table") json["data"] = {{"source", source}, {"path", path_of(table)}, {"schema", columns}};
    if (source == "idx_images") json["data"] = image_files;
    variants.push_back(json);
  }
  for (const std::string& kind : model_kinds()) {
    Json json = with("model", "kind", kind);
    if (kind == "conv" || kind == "unet") json["data"] = image_files;
    if (kind == "unet") json["condition"]["kind"] = "pixels";
    if (kind == "matched") {  // of a finished VAE: its architecture is all that is asked of it here
      json["model"]["vae"] = "outputs/vae";
      json["model"]["architecture"] = {{"kind", "mlp"}, {"encoder", {8}}, {"latents", 2}, {"decoder", {8}}};
      json["model"]["prior"]["kind"] = "learned";
    }
    variants.push_back(json);
  }
  for (const char* kind : {"learned", "mixture", "flow"})
    variants.push_back(with("model", "prior", {{"kind", kind}}));
  variants.push_back(with("loss", "objective", "iwae"));
  variants.push_back(with("loss", "scale", "column"));
  for (const char* rule : {"uniform", "auto"}) variants.push_back(with("condition", "given", rule));
  variants.push_back(with("model", "dropout", "auto"));
  variants.push_back(with("training", "epochs", "auto"));
  for (const char* metric : {"loss", "iwae"})
    variants.push_back(with("training", "validation", {{"fraction", 0.25}, {"metric", metric}}));
  variants.push_back(with("training", "validation", {{"fraction", "auto"}}));
  variants.push_back(with("condition", "kind", "none"));
  Json by_label = with("condition", "kind", "label");
  by_label["data"] = image_files;
  variants.push_back(by_label);
  for (const char* kind : {"adamw", "sgd"}) variants.push_back(with("training", "optimizer", {{"kind", kind}}));
  for (const char* kind : {"step", "cosine"})
    variants.push_back(with("training", "schedule", {{"kind", kind}}));

  Json schema;
  for (const Json& json : variants) schema = schema.is_null() ? asked_by(json) : merged(schema, asked_by(json));
  // Two settings are a value or a section: any will do for an editor.
  schema["properties"]["data"]["properties"]["schema"] = Json::object();
  schema["properties"]["data"]["properties"]["missing"] = Json::object();
  schema["properties"]["$schema"] = {{"type", "string"}};
  Json whole = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "A configuration of elbow train (docs/configuration.md)"}};
  whole.update(schema);
  return whole;
}

}  // namespace elbow

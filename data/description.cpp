#include "data/description.hpp"

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "data/sources.hpp"
#include "data/table_schema.hpp"

namespace elbow {
namespace {

constexpr double most_rows = 0x1p32;  // with any number of epochs their steps can be counted in 64 bits

constexpr double most_classes = 1e6;

Json json_of(const Attribute& a) {
  Json json = {{"name", a.feature.name}, {"kind", a.categorical() ? "categorical" : "real"}};
  if (a.categorical()) json["classes"] = a.classes(), json["names"] = a.feature.categories;
  return json;
}

Attribute read_categorical(const Config& section, const std::string& name) {
  Attribute a = categorical_attribute(name, section.get<int64_t>("classes", between(1, most_classes)), {},
                                      section.get<std::vector<std::string>>("names"));
  if (const auto& names = a.feature.categories; !names.empty() && int64_t(names.size()) != a.classes())
    section.fail("names", str(names.size(), " names do not fit ", a.classes(), " classes"));
  return a;
}

std::vector<Attribute> read_attributes(const Config& config) {
  std::vector<Attribute> attributes;
  // Runs of earlier versions knew two of them.
  for (const auto& [key, name] : {std::pair{"labels", "class"}, {"colours", "colour"}})
    if (config.has(key)) attributes.push_back(read_categorical(config.section(key), name));
  if (!config.has("attributes")) return attributes;
  for (const Json& json : config.get<std::vector<Json>>("attributes")) {
    const Config section(json, "", str("attributes[", attributes.size(), ']'));
    const auto name = section.get<std::string>("name");
    if (section.choice("kind", {"categorical", "real"}) == "categorical")
      attributes.push_back(read_categorical(section, name));
    else
      attributes.push_back({{name, FeatureKind::real, 0, 1, {}}, {}});
    section.done();
  }
  return attributes;
}

std::optional<ImageSize> read_image(const Config& config, int64_t columns) {
  if (!config.has("image")) return {};
  const Config section = config.section("image");
  const auto side = [&](const char* key) { return section.get<int64_t>(key, between(1, 32767)); };
  const ImageSize image{side("height"), side("width"), side("channels")};
  if (image.height * image.width * image.channels != columns)
    config.fail("image", str("its pixels are not the ", columns, " columns"));
  return image;
}

std::vector<Scale> read_scales(const Config& config) {
  std::vector<Scale> scales;
  for (const auto& pair : config.get<std::vector<std::vector<double>>>("scales")) {
    if (pair.size() != 2 || !(pair[1] > 0))
      config.fail(str("scales[", scales.size(), ']'), "must be a mean and a positive standard deviation");
    scales.push_back({pair[0], pair[1]});
  }
  return scales;
}

// What the two sets have in common.
Dataset read_set(const Config& config) {
  Dataset set;
  set.name = config.choice("source", source_names());
  const bool scaled = config.has("scales");
  TableCodec codec = codec_from(read_schema(config.section("schema"), "", "schema"),
                                scaled ? read_scales(config) : std::vector<Scale>());
  set.features = codec.features();
  const int64_t columns = codec.columns();
  if (columns == 0) config.fail("schema", "names no column");
  set.x = Rows::unread(0, columns);
  if (scaled) set.codec = std::make_shared<const TableCodec>(std::move(codec));
  if (config.get<bool>("missing")) set.observed = Tensor::empty({0, columns});
  set.attributes = read_attributes(config);
  set.image = read_image(config, columns);
  return set;
}

DataSplit read_split(const Config& config) {
  DataSplit split{read_set(config), {}, {}};
  split.test = split.train;
  for (const auto& [set, key] : {std::pair{&split.train, "train_rows"}, {&split.test, "test_rows"}})
    set->x = Rows::unread(config.get<int64_t>(key, between(1, most_rows)), set->columns());
  if (!config.has("validation_rows")) return split;
  split.validation = split.train;
  split.validation.x =
      Rows::unread(config.get<int64_t>("validation_rows", between(1, most_rows)), split.train.columns());
  return split;
}

}  // namespace

std::string description_of(const DataSplit& split) {
  const Dataset& set = split.train;
  Json json = {{"source", set.name},
               {"train_rows", set.rows()},
               {"test_rows", split.test.rows()},
               {"missing", bool(set.observed)},
               {"schema", schema_json(resolved_schema(codec_of(set)))}};
  if (split.validation.rows() > 0) json["validation_rows"] = split.validation.rows();
  if (set.codec) {
    json["scales"] = Json::array();
    for (const Scale& s : set.codec->scales()) json["scales"].push_back({s.mean, s.sd});
  }
  for (const Attribute& a : set.attributes) json["attributes"].push_back(json_of(a));
  if (set.image)
    json["image"] = {
        {"height", set.image->height}, {"width", set.image->width}, {"channels", set.image->channels}};
  return json.dump(1) + '\n';
}

DataSplit read_description(const std::filesystem::path& file) {
  const Json json = read_json(file);
  try {
    const Config config(json);
    DataSplit split = read_split(config);
    config.done();
    return split;
  } catch (const Error& error) { throw Error(str(file.string(), ": is damaged: ", error.what())); }
}

}  // namespace elbow

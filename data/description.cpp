#include "data/description.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "data/sources.hpp"
#include "data/table_schema.hpp"
#include "nn/files.hpp"

namespace elbow {
namespace {

constexpr double most_rows = 0x1p32;  // with any number of epochs their steps can be counted in 64 bits

// Applies f to every text in the values of `json`.
void each_text(Json& json, const std::function<std::string(const std::string&)>& f) {
  if (json.is_string())
    json = f(json.get<std::string>());
  else if (json.is_structured())
    for (Json& value : json) each_text(value, f);
}

// Bytes that need not be UTF-8 as characters U+0000 to U+00FF, and back.
std::string characters_of(const std::string& bytes) {
  std::string text;
  for (const unsigned char c : bytes)
    if (c < 0x80)
      text += char(c);
    else
      text += {char(0xC0 | c >> 6), char(0x80 | (c & 0x3F))};
  return text;
}
std::string bytes_of_characters(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c > 0xC3) throw Error("a text has characters that are no bytes");
    bytes += c < 0x80 ? char(c)
                      : char(c << 6 | (text[++i] & 0x3F));  // the parser lets whole characters through only
  }
  return bytes;
}

Json json_of(const Labels& labels) { return {{"classes", labels.classes}, {"names", labels.names}}; }

std::optional<Labels> read_labels(const Config& config, const std::string& key) {
  if (!config.has(key)) return {};
  const Config section = config.section(key);
  Labels labels{{}, int32_t(section.get<int64_t>("classes", between(1, 256))), {}};
  labels.names = section.get<std::vector<std::string>>("names");
  if (!labels.names.empty() && int64_t(labels.names.size()) != labels.classes)
    section.fail("names", str(labels.names.size(), " names do not fit ", labels.classes, " classes"));
  return labels;
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
  set.labels = read_labels(config, "labels");
  set.colours = read_labels(config, "colours");
  set.image = read_image(config, columns);
  return set;
}

DataSplit read_split(const Config& config) {
  DataSplit split{read_set(config), {}, {}};
  split.test = split.train;
  for (const auto& [set, key] : {std::pair{&split.train, "train_rows"}, {&split.test, "test_rows"}})
    set->x = Rows::unread(config.get<int64_t>(key, between(1, most_rows)), set->columns());
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
  if (set.codec) {
    json["scales"] = Json::array();
    for (const Scale& s : set.codec->scales()) json["scales"].push_back({s.mean, s.sd});
  }
  if (set.labels) json["labels"] = json_of(*set.labels);
  if (set.colours) json["colours"] = json_of(*set.colours);
  if (set.image)
    json["image"] = {
        {"height", set.image->height}, {"width", set.image->width}, {"channels", set.image->channels}};
  try {
    return json.dump(1) + '\n';
  } catch (const Json::type_error&) {  // a name that is not UTF-8
    each_text(json, characters_of);
    json["bytes"] = true;
    return json.dump(1) + '\n';
  }
}

DataSplit read_description(const std::filesystem::path& file) {
  Json json = read_json(file);
  try {
    if (json.is_object() && json.value("bytes", Json()) == true) {
      each_text(json, bytes_of_characters);
      json.erase("bytes");
    }
    const Config config(json);
    DataSplit split = read_split(config);
    config.done();
    return split;
  } catch (const Error& error) { throw Error(str(file.string(), ": is damaged: ", error.what())); }
}

}  // namespace elbow

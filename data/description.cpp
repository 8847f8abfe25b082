#include "data/description.hpp"

#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "data/sources.hpp"
#include "data/table_schema.hpp"

namespace elbow {
namespace {

constexpr double most_rows = 0x1p32;  // with any number of epochs their steps can be counted in 64 bits

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

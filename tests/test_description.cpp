// The description of a data set without its rows: what is written is read back to the bit, a table is read again as it says,
// and whatever is wrong in such a file is an Error.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "data/description.hpp"
#include "data/sources.hpp"
#include "data/table_codec.hpp"
#include "tests/data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

struct DescriptionFixture {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path / "data.json";

  DataSplit written(const DataSplit& split) const {
    write_bytes(file, description_of(split));
    return read_description(file);
  }
  // A table of 60 rows with a real, a binary and a categorical column, and one to ignore.
  Json table(const std::string& header, const std::string& red) const {
    std::string bytes = header;
    for (int i = 0; i < 60; ++i)
      bytes += str(960 + 7.0 / (i + 3), ';', i % 2 ? "yes" : "no", ';', i, ';',
                   i % 5 ? (i % 3 ? "blue" : red) : "?", '\n');
    write_bytes(folder.path / "t.csv", bytes);
    Json schema = {{"separator", ";"},
                   {"missing", {"?"}},
                   {"columns",
                    {{{"name", "a"}, {"kind", "real"}},
                     {{"name", "b"}, {"kind", "binary"}},
                     {{"name", "id"}, {"kind", "ignore"}},
                     {{"name", "c"}, {"kind", "categorical"}}}}};
    if (header.empty()) schema["header"] = false;
    return {{"source", "table"}, {"path", (folder.path / "t.csv").string()}, {"schema", schema}};
  }
};

DataSplit make(const Json& options, const KnownData& known = {}) {
  return make_data(Config(options, "", "data"), 1, known);
}

// Error unless the two are alike in all that a description holds, and no row of the second can be read.
void check_alike(const DataSplit& split, const DataSplit& read) {
  BOOST_TEST(description_of(read) == description_of(split));
  for (const auto& [a, b] : {std::pair{&split.train, &read.train}, {&split.test, &read.test}}) {
    BOOST_TEST((a->name == b->name && a->rows() == b->rows() && a->columns() == b->columns()));
    BOOST_TEST(bool(a->observed) == bool(b->observed));
    BOOST_REQUIRE(a->features.size() == b->features.size());
    for (size_t f = 0; f < a->features.size(); ++f) {
      const Feature &x = a->features[f], &y = b->features[f];
      BOOST_TEST((x.name == y.name && x.kind == y.kind && x.first == y.first && x.width == y.width));
      if (!x.categories.empty()) BOOST_TEST((x.categories == y.categories));
    }
    BOOST_TEST(bool(a->codec) == bool(b->codec));
    BOOST_TEST(contains(error_of([set = b] { set->x.range(0, 1); }), "only the number of rows is known"));
  }
}

// A set of coloured images.
DataSplit images() {
  Dataset set;
  set.name = "idx_images";
  set.x = Rows(Tensor::zeros({7, 18}));
  set.features = real_features(18);
  set.attributes = {categorical_attribute("class", 2, {0, 1, 0, 1, 0, 1, 0}, {"caf\u00e9", "\u00e9t\u00e9"}),
                    categorical_attribute("colour", 3, {0, 1, 2, 0, 1, 2, 0}, {"red", "green", "blue"}),
                    {{"thickness", FeatureKind::real, 0, 1, {}}, {1, 2, 3, 4, 5, 6, 7}}};
  set.image = ImageSize{2, 3, 3};
  return {set, set, {}};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(descriptions_read_back, DescriptionFixture) {
  for (const char* source : {"independent_gaussian", "swiss_roll", "blobs", "latent_factors"}) {
    const DataSplit split = make({{"source", source}, {"train_rows", 50}, {"test_rows", 20}, {"missing", 0.5}});
    check_alike(split, written(split));
  }
  for (const char* red : {"red", "\"r;\ne\"", "r\u00e9"})
    for (const char* header : {"a;b;id;c\n", ""}) {
      const DataSplit split = make(table(header, red)), read = written(split);
      check_alike(split, read);
      const TableCodec &a = *split.train.codec, &b = *read.train.codec;
      for (size_t f = 0; f < a.scales().size(); ++f)
        BOOST_TEST((a.scales()[f].mean == b.scales()[f].mean && a.scales()[f].sd == b.scales()[f].sd));
      BOOST_TEST((a.format().names == b.format().names && a.format().ignored == b.format().ignored));
      BOOST_TEST((a.format().separator == b.format().separator && a.format().missing == b.format().missing));
    }
  const DataSplit read = written(images());
  check_alike(images(), read);
  const auto &wrote = images().train.attributes, &attributes = read.train.attributes;
  BOOST_TEST_REQUIRE((attributes.size() == 3U && read.test.attributes.size() == 3U));
  for (size_t a = 0; a < 3; ++a)
    BOOST_TEST((attributes[a].feature.name == wrote[a].feature.name &&
                attributes[a].feature.kind == wrote[a].feature.kind &&
                attributes[a].feature.categories == wrote[a].feature.categories &&
                attributes[a].classes() == wrote[a].classes() && attributes[a].values.empty()));
  BOOST_TEST(read.test.image->width == 3);
  // As runs of earlier versions have them.
  Json earlier = Json::parse(description_of(images()));
  earlier.erase("attributes");
  earlier["labels"] = {{"classes", 2}, {"names", Json::array()}};
  earlier["colours"] = {{"classes", 3}, {"names", {"red", "green", "blue"}}};
  write_file_atomically(folder.path / "earlier.json", earlier.dump());
  const DataSplit before = read_description(folder.path / "earlier.json");
  BOOST_TEST((before.test.classes()->classes() == 2 && before.test.attribute("colour")->classes() == 3));
}

BOOST_FIXTURE_TEST_CASE(a_table_is_read_as_described, DescriptionFixture) {
  Json options = table("a;b;id;c\n", "red");
  const DataSplit split = make(options);
  KnownData known;
  known.codec = written(split).train.codec;
  known.missing = true;
  options["schema"] = (folder.path / "schema that is gone.json").string();
  const DataSplit again = make(options, known);
  for (const auto& [a, b] : {std::pair{&split.train, &again.train}, {&split.test, &again.test}}) {
    BOOST_TEST((a->x.tensor().to_vector() == b->x.tensor().to_vector()));
    BOOST_TEST((a->observed.to_vector() == b->observed.to_vector()));
  }
  table("a;b;id;c\n", "rot");  // what the training rows did not have is missing, and nothing is fitted again
  const DataSplit renamed = make(options, known);
  BOOST_TEST((renamed.train.features[2].categories == std::vector<std::string>{"blue", "red"}));
  BOOST_TEST((renamed.train.codec->scales()[0].mean == split.train.codec->scales()[0].mean));
  BOOST_TEST(!renamed.warnings.empty());
  BOOST_TEST(contains(error_of([&] {
                        table("b;a;id;c\n", "red");
                        make(options, known);
                      }),
                      "is neither a number"));
  write_bytes(folder.path / "t.csv", "b;a;id;c\nyes;1;1;red\nno;2;2;red\n");
  BOOST_TEST(
      contains(error_of([&] { make(options, known); }), "not in the order of the table that was trained on"));
}

namespace {

// All places in a JSON value.
void collect(Json& json, std::vector<Json*>& places) {
  places.push_back(&json);
  if (json.is_structured())
    for (Json& value : json) collect(value, places);
}

Json damaged(Json json, uint64_t seed) {
  std::vector<Json*> places;
  collect(json, places);
  std::vector<uint32_t> draw(4);
  fill_bits({seed, 1, 0}, draw.data(), 4);
  Json& place = *places[draw[0] % places.size()];
  const std::vector<Json> values = {nullptr,
                                    true,
                                    -1,
                                    0,
                                    2,
                                    1e300,
                                    -0.5,
                                    uint64_t(1) << 63,
                                    4294967297,
                                    "",
                                    "x",
                                    std::string(300, '\x7f'),
                                    Json::array(),
                                    Json::object(),
                                    {1, 2},
                                    {{"classes", 2}, {"names", {"x"}}},
                                    {{0.0, 0.0}},
                                    "real",
                                    "categorical",
                                    "\u4e2d"};
  if (draw[1] % 3 == 0 && place.is_structured() && !place.empty())
    place.erase(std::next(place.begin(), draw[2] % place.size()));
  else if (draw[1] % 3 == 1 && place.is_array() && !place.empty())
    place.push_back(Json(place[draw[2] % place.size()]));
  else
    place = values[draw[2] % values.size()];
  return json;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_strangers_description_is_an_error_or_holds_together, DescriptionFixture) {
  const std::vector<std::string> originals = {description_of(make(table("a;b;id;c\n", "r\u00e9"))),
                                              description_of(make(table("", "red"))), description_of(images())};
  int refused = 0, total = 0;
  const auto attempt = [&](const std::string& text) {
    write_bytes(file, text);
    ++total;
    try {
      const DataSplit split = read_description(file);
      int64_t columns = 0;
      for (const Feature& f : split.train.features) {
        BOOST_TEST((f.first == columns && f.width >= 1));
        BOOST_TEST((f.kind != FeatureKind::categorical || int64_t(f.categories.size()) == f.width));
        columns += f.width;
      }
      BOOST_TEST((columns == split.train.columns() && columns == split.test.columns()));
      BOOST_TEST((split.train.rows() >= 1 && split.train.rows() <= int64_t{1} << 32));
      const TableCodec codec = codec_of(split.train);
      for (const Scale& s : codec.scales())
        BOOST_TEST((std::isfinite(s.mean) && s.sd > 0 && std::isfinite(s.sd)));
      BOOST_TEST(codec.decode_row(std::vector<float>(size_t(columns), 0.25f).data()).size() ==
                 codec.features().size());
      if (const auto& image = split.test.image)
        BOOST_TEST(image->height * image->width * image->channels == columns);
      description_of(split);
    } catch (const Error& e) {
      ++refused;
      BOOST_TEST(std::string(e.what()).starts_with(file.string()), e.what());
    }
  };
  for (const std::string& text : originals)
    for (uint64_t i = 0; i < 300; ++i) {
      attempt(damaged(Json::parse(text), i).dump());
      std::vector<uint32_t> draw(2);
      fill_bits({i, 2, 0}, draw.data(), 2);
      std::string bytes = text;
      bytes[draw[0] % bytes.size()] = char(draw[1]);
      attempt(bytes);
      attempt(text.substr(0, draw[0] % text.size()));
    }
  BOOST_TEST_MESSAGE(refused << " of " << total << " damaged descriptions are refused");
  BOOST_TEST(refused > total / 2);
}

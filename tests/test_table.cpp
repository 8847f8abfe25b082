// Text tables: what a CSV file may look like, what is refused and with which words, schemas, and text to numbers and back.
#include <boost/test/unit_test.hpp>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/table_columns.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

using Records = std::vector<std::vector<std::string>>;

struct Fixture {
  TemporaryFolder folder;
  std::string path = (folder.path / "t.csv").string();

  // The header and the records of a file of these bytes.
  Records records(const std::string& bytes, const TableFormat& format = {}) const {
    write_bytes(path, bytes);
    TableFile file(path, format);
    Records all{file.names()};
    for (std::vector<std::string> fields; file.next(fields);) all.push_back(fields);
    return all;
  }
  std::string refusal(const std::string& bytes, const TableFormat& format = {}) const {
    return error_of([&] { records(bytes, format); });
  }
  TextTable table(const std::string& bytes, const Json& schema) const {
    write_bytes(path, bytes);
    return read_text_table(path, read_schema(Config(schema, "s.json"), "s.json", ""));
  }
  std::string refusal(const std::string& bytes, const Json& schema) const {
    return error_of([&] { table(bytes, schema); });
  }
};

Json column(const char* name, const char* kind) { return {{"name", name}, {"kind", kind}}; }
std::string schema_refusal(const Json& schema) {
  return error_of([&] { read_schema(Config(schema, "s.json"), "s.json", ""); });
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_dialects_of_csv, Fixture) {
  const Records expected{{"a", "b"}, {"1", "2"}, {"3", ""}};
  for (const char* bytes :
       {"a,b\n1,2\n3,\n", "a,b\r\n1,2\r\n3,\r\n", "a,b\r1,2\r3,",
        "\xEF\xBB\xBF"
        "a,b\n1,2\n3,",
        "\n\na,b\n\n1,2\n\r\n3,\n\n", " a , b\n 1,\t2 \n3, \n", "\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"\"\n"})
    BOOST_TEST((records(bytes) == expected), bytes);
  BOOST_TEST((records("a;b\n1;2\n3;\n", {.separator = ';'}) == expected));
  BOOST_TEST((records("a\tb\n1\t2\n3\t\n", {.separator = '\t'}) == expected));
  BOOST_TEST((records("1,2\n3,\n", {.header = false, .names = {"a", "b"}}) == expected));
  BOOST_TEST((records("a,\"b, \"\"c\"\"\r\nd\"\n\"x\ny\",5\" pipe\n") ==
              Records{{"a", "b, \"c\"\r\nd"}, {"x\ny", "5\" pipe"}}));
  BOOST_TEST(
      (records("a\n\"\"\n1\n") == Records{{"a"}, {""}, {"1"}}));  // one column: an empty line is no record
}

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read_back, Fixture) {
  const Records wild{{"a", "b,c"}, {"\"", ""}, {"line\nbreak", "; \r"}, {"", ""}, {"plain", "1.5"}};
  for (const char separator : {',', ';', '\t'}) {
    std::string bytes;
    for (const auto& r : wild) bytes += record_text(r, separator);
    Records read = records(bytes, {.separator = separator});
    BOOST_TEST((read == wild));
  }
  BOOST_TEST((records(record_text({"a"}) + record_text({""})) == Records{{"a"}, {""}}));
}

BOOST_FIXTURE_TEST_CASE(broken_files_are_refused_with_the_line, Fixture) {
  const auto at = [&](int line) { return path + ":" + std::to_string(line) + ": "; };
  BOOST_TEST(refusal("a,b,c\n1,2,3\n1,2\n", TableFormat{}) == at(3) + "has 2 fields, not 3");
  BOOST_TEST(refusal("a,b\n\"x\n\ny\",2\n1,2,3\n", TableFormat{}) ==
             at(5) + "has 3 fields, not 2");  // lines, not records
  BOOST_TEST(refusal("a,b\n1,2\n3,\"4\n5,6\n", TableFormat{}) == at(3) + "a quote is opened and never closed");
  BOOST_TEST(refusal("a,b\n\"1\"2,3\n", TableFormat{}) == at(2) + "there is text after a closing quote");
  BOOST_TEST(refusal(std::string("a,b\n1,\0\n", 8), TableFormat{}) ==
             at(2) + "is not text: it holds a zero byte");
  BOOST_TEST(refusal("a,b,a\n", TableFormat{}) == at(1) + "the header names the column \"a\" twice");
  BOOST_TEST(refusal("a,,c\n1,2,3\n", TableFormat{}) == at(1) + "the header has no name for column 2");
  BOOST_TEST(refusal("a,b,\n", TableFormat{}) == at(1) + "the header has no name for column 3");
  BOOST_TEST(refusal("", TableFormat{}) == path + ": is empty: there is no header");
  BOOST_TEST(
      contains(error_of([&] { TableFile("/nonexistent.csv", {}); }), "/nonexistent.csv: cannot be read"));
  BOOST_TEST(contains(error_of([&] { TableFile(folder.path, {}); }), "it is a folder"));
}

BOOST_AUTO_TEST_CASE(a_schema_is_checked) {
  const Json a = column("a", "real");
  BOOST_TEST(contains(schema_refusal({{"columns", {column("a", "reall")}}}),
                      "s.json: columns[0].kind: must be one of"));
  BOOST_TEST(contains(schema_refusal({{"columns", {column("a", "reall")}}}), "did you mean \"real\"?"));
  BOOST_TEST(contains(schema_refusal({{"columns", {a, a}}}), "\"a\" is there twice"));
  BOOST_TEST(contains(schema_refusal({{"columns", {{{"kind", "real"}}}}}), "columns[0].name: must be given"));
  BOOST_TEST(contains(schema_refusal({{"columns", Json::array()}}), "columns: must name the columns"));
  BOOST_TEST(
      contains(schema_refusal({{"separator", "::"}, {"columns", {a}}}), "separator: must be one character"));
  Json b = column("b", "binary");
  b["categories"] = {"x", "y", "z"};
  BOOST_TEST(contains(schema_refusal({{"columns", {b}}}), "columns[0].categories: must be the two values"));
  b["categories"] = {"x", "NA"};
  BOOST_TEST(contains(schema_refusal({{"columns", {b}}}), "\"NA\" stands for a missing value"));
  Json r = a;
  r["categories"] = {"x"};
  BOOST_TEST(contains(schema_refusal({{"columns", {r}}}), "columns[0].categories: there is no such setting"));
}

BOOST_FIXTURE_TEST_CASE(a_table_must_be_what_the_schema_says, Fixture) {
  const Json a{{"columns", {column("a", "real")}}};
  BOOST_TEST(contains(refusal("a,b,c\n", a), "has columns that the schema does not name: \"b\", \"c\""));
  BOOST_TEST(
      contains(refusal("aa,b\n", a), "has no column \"a\", which the schema names; did you mean \"aa\"?"));
  BOOST_TEST(
      contains(refusal("a\n1\nabc\n", a), path + ":3: column a: \"abc\" is neither a number nor a mark"));
  for (const char* number : {"inf", "-Inf", "1e999", "1,5", "0x10", "1.5.2", "+-1"})
    BOOST_TEST(contains(refusal(std::string("a\n\"") + number + "\"\n", a), ":2: column a: "), number);
  const TextTable read = table("a\n1\n-2.5e-3\nNA\n +4 \n.5\n", a);
  BOOST_TEST(read.rows == 5);
  BOOST_TEST(read.anything_missing);
  const auto& v = read.columns.at(0).numbers;
  BOOST_TEST((v[0] == 1 && v[1] == -0.0025 && std::isnan(v[2]) && v[3] == 4 && v[4] == 0.5));
  const Json binary{{"columns", {column("a", "binary")}}};
  BOOST_TEST(
      contains(refusal("a\nx\ny\nz\n", binary), ":4: column a: has more than two values, \"x\", \"y\", \"z\""));
  Json listed = column("a", "categorical");
  listed["categories"] = {"red", "green"};
  BOOST_TEST(contains(refusal("a\nred\ngren\n", Json{{"columns", {listed}}}),
                      ":3: column a: \"gren\" is none of \"red\", "
                      "\"green\"; did you mean \"green\"?"));
  std::string names = "a\n";
  for (int i = 0; i < 1001; ++i) names += "name" + std::to_string(i) + "\n";
  BOOST_TEST(contains(refusal(names, Json{{"columns", {column("a", "categorical")}}}),
                      ":1002: column a: has more than 1000"));
  // columns that are ignored may hold anything, and `others` says what the unnamed ones are
  BOOST_TEST(
      table("id,a\nx,1\n", Json{{"others", "ignore"}, {"columns", {column("a", "real")}}}).columns.size() == 1);
  BOOST_TEST(
      table("id,a\nx,1\n", Json{{"columns", {column("a", "real"), column("id", "ignore")}}}).columns.size() ==
      1);
  const TextTable all =
      table("id,a\n2,1\n", Json{{"others", "real"}, {"columns", {column("a", "categorical")}}});
  BOOST_TEST((all.columns.at(0).schema.kind == FeatureKind::real));
  BOOST_TEST((all.columns.at(1).schema.kind == FeatureKind::categorical));
}

BOOST_FIXTURE_TEST_CASE(text_becomes_numbers_and_text_again, Fixture) {
  const std::vector<Feature> features{{"n", FeatureKind::real, 0, 1, {}},
                                      {"b", FeatureKind::binary, 1, 1, {}},
                                      {"c", FeatureKind::categorical, 2, 3, {"r", "g", "b"}}};
  const TableCodec codec(features, {{10, 2}, {}, {}}, {.ignored = {"id"}});
  write_bytes(path, "c,id,n,b\ng,x,13,1\nNA,y,,0\nb,z,10.1,\n");
  const TableRows rows = read_table(path, codec);
  const std::vector<float> x{1.5f, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0.05f, 0, 0, 0, 1};
  const std::vector<float> observed{1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 1};
  const auto close = [](float a, float b) { return std::abs(a - b) < 1e-6f; };
  const auto read = rows.x.to_vector<float>();
  BOOST_TEST((read.size() == x.size() && std::equal(x.begin(), x.end(), read.begin(), close)));
  BOOST_TEST((rows.observed.to_vector<float>() == observed));
  BOOST_TEST((codec.decode_row(rows.x.data<float>()) == std::vector<std::string>{"13", "1", "g"}));
  BOOST_TEST(codec.decode(0, rows.x.data<float>() + 10) == "10.1");  // not 10.100000001
  const float answer[] = {-5, 0.4f, 0.2f, 0.3f, 0.5f};               // probabilities: the likelier category
  BOOST_TEST((codec.decode_row(answer) == std::vector<std::string>{"0", "0", "b"}));

  write_bytes(path, "c,n\ng,1\n");
  BOOST_TEST(contains(error_of([&] { read_table(path, codec); }), "has no column \"b\""));
  BOOST_TEST((read_table(path, codec, true).observed.to_vector() == std::vector<double>{1, 0, 1, 1, 1}));
  write_bytes(path, "c,n,b,d\ng,1,0,0\n");
  BOOST_TEST(contains(error_of([&] { read_table(path, codec); }), "has an unknown column \"d\""));
  write_bytes(path, "c,n,b\ng,1,0\ny,1,0\n");
  BOOST_TEST(contains(error_of([&] { read_table(path, codec); }),
                      ":3: column c: \"y\" is none of \"r\", \"g\", \"b\""));
  // numbers that the losses could not be told of in float32, scaled
  write_bytes(path, "c,n,b\ng,1,0\ng,-1e300,0\n");
  BOOST_TEST(
      contains(error_of([&] { read_table(path, codec); }), ":3: column n: -1e+300 is too large a number"));
  write_bytes(path, "c,n,b\ng,1e15,0\n");
  BOOST_TEST(read_table(path, codec).x.data<float>()[0] == 5e14f);
  BOOST_TEST(contains(error_of([&] { codec.find("nn"); }), "did you mean \"n\"?"));
}

// Whatever the scale, a number of a few digits comes back as it was written, not as float32 rounds it.
BOOST_AUTO_TEST_CASE(numbers_survive_the_scaling) {
  struct Case {
    Scale scale;
    int decimals;
  };
  for (const Case& c :
       {Case{{0, 1}, 2}, Case{{6.85, 0.84}, 3}, Case{{2, 1}, 2}, Case{{-1e4, 250}, 0}, Case{{1e-5, 1e-6}, 8}}) {
    const TableCodec codec({{"n", FeatureKind::real, 0, 1, {}}}, {c.scale});
    for (int i = -300; i <= 300; ++i) {
      std::ostringstream text;
      text << std::fixed << std::setprecision(c.decimals) << c.scale.mean + c.scale.sd * i / 100;
      float x, observed;
      codec.encode(0, text.str(), &x, &observed);
      BOOST_TEST(*parse_number(codec.decode(0, &x)) == *parse_number(text.str()), text.str());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(a_schema_is_guessed_and_reads_the_table, Fixture) {
  std::string bytes = "id;size;sex;colour;empty;score\n";
  for (int i = 0; i < 20; ++i)
    bytes += "n" + std::to_string(i) + ";" + std::to_string(i) + ".5;" + (i % 2 ? "f;" : "m;") +
             (i % 3 == 0   ? "red;"
              : i % 3 == 1 ? "blue;"
                           : "?;") +
             ";" + (i ? "3\n" : "NA\n");
  write_bytes(path, bytes);
  const std::string text = schema_text(guess_schema(path));
  const Json schema = parse_json(text, "guess");
  std::string kinds;
  for (const Json& c : schema["columns"]) kinds += c["kind"].get<std::string>() + " ";
  BOOST_TEST(kinds == "ignore real binary binary ignore real ");
  BOOST_TEST(schema["separator"] == ";");
  BOOST_TEST((schema["missing"] == Json{"", "?", "NA"}));
  BOOST_TEST(table(bytes, schema).rows == 20);
}

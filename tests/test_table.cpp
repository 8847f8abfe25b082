// Text tables: what a CSV file may look like, what is refused and with which words, schemas, and text to numbers and back.
#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filtering_stream.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
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
  TableColumns table(const std::string& bytes, const Json& schema) const {
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

BOOST_FIXTURE_TEST_CASE(blanks_around_quotes_do_not_count_and_may_separate, Fixture) {
  BOOST_TEST((records("\"a\" , \"b\"\n1 ,\t\"x, y\" \n") == Records{{"a", "b"}, {"1", "x, y"}}));
  const TableFormat blanks{.separator = ' '};
  BOOST_TEST(
      (records("a   b\n 1\t 2 \n\"x y\"  \"\"\n  \n", blanks) == Records{{"a", "b"}, {"1", "2"}, {"x y", ""}}));
  BOOST_TEST(contains(refusal("a b\n\"1\"2 3\n", blanks), ":2: there is text after a closing quote"));
  BOOST_TEST((records("a\tb\n\t \n 1\t2\n", {.separator = '\t'}) == Records{{"a", "b"}, {"", ""}, {"1", "2"}}));
}

// What pandas, R and spreadsheets write.
BOOST_FIXTURE_TEST_CASE(columns_without_names_and_fields_without_columns, Fixture) {
  BOOST_TEST((records(",a,b\n0,1,2\n") == Records{{"column_1", "a", "b"}, {"0", "1", "2"}}));
  BOOST_TEST(
      (records("a,b\n0,1,2\n1,3,4\n") == Records{{"column_1", "a", "b"}, {"0", "1", "2"}, {"1", "3", "4"}}));
  BOOST_TEST((records("a,b,,\n1,2,,\n3,4\n") ==
              Records{{"a", "b", "column_3", "column_4"}, {"1", "2", "", ""}, {"3", "4", "", ""}}));
  BOOST_TEST((records("a,b\n1,2,\n,,,\n3,4\n") == Records{{"a", "b"}, {"1", "2"}, {"", ""}, {"3", "4"}}));
  BOOST_TEST((records(",column_1\n1,2\n") == Records{{"column_1_", "column_1"}, {"1", "2"}}));
  BOOST_TEST((records("a,a\n1,2\n", {.renamed = {{2, "a_2"}}}) == Records{{"a", "a_2"}, {"1", "2"}}));
  // A file that has the new names keeps them, in its own order.
  BOOST_TEST(
      (records("a,a_2,b\n1,2,3\n", {.renamed = {{3, "a_2"}}}) == Records{{"a", "a_2", "b"}, {"1", "2", "3"}}));
  BOOST_TEST((records("a,b\n1,2\n", {.renamed = {{3, "c"}}}) == Records{{"a", "b"}, {"1", "2"}}));
  BOOST_TEST((records("x,y,z\n1,2,3\n", {.header = false, .names = {"x", "y"}}) ==
              Records{{"x", "y", "z"}, {"1", "2", "3"}}));
  const Json a{{"columns", {column("a", "real")}}};
  const TableColumns read = table(",a,\n0,1,\n,,\n1,2,\n", a);
  BOOST_TEST((read.rows == 2 && read.columns.size() == 1 && !read.anything_missing));
  BOOST_TEST((read.notes == std::vector<std::string>{"column 1 has no name and is ignored",
                                                     "column 3 has no name and is ignored",
                                                     "1 row(s) of nothing but empty fields are left out"}));
  BOOST_TEST(table(",a\n5,1\n",
                   {{"columns", {{{"number", 1}, {"name", "row"}, {"kind", "real"}}, column("a", "real")}}})
                 .columns.at(0)
                 .numbers.at(0) == 5);
}

BOOST_FIXTURE_TEST_CASE(gzipped_tables, Fixture) {
  std::string bytes = "a,b\n";
  for (int i = 0; i < 30000; ++i) bytes += std::to_string(i) + ",x\n";  // several blocks
  std::stringstream packed;
  boost::iostreams::filtering_istream in;
  in.push(boost::iostreams::gzip_compressor());
  in.push(boost::iostreams::array_source(bytes.data(), bytes.size()));
  packed << in.rdbuf();
  BOOST_TEST((records(packed.str()) == records(bytes)));
}

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read_back, Fixture) {
  const Records wild{{"a", "b,c"}, {"\"", ""}, {"line\nbreak", "; \r"}, {"", ""}, {"plain", "1.5"}};
  for (const char separator : {',', ';', '\t', ' '}) {
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
             at(2) + "is not text in UTF-8: it holds a zero byte (`iconv -f UTF-16 -t UTF-8` converts UTF-16)");
  BOOST_TEST(refusal("a,b,a\n", TableFormat{}) ==
             at(1) + "the header names the column \"a\" twice (a schema can rename it by its `number`)");
  BOOST_TEST(refusal("a,b\n1,\"gr\xF6sse\"\n", TableFormat{}) ==
             at(2) + "column 2: is not text in UTF-8 (`iconv -f LATIN1 -t UTF-8` converts it)");
  BOOST_TEST(contains(refusal(std::string("\xFF\xFE\x61\0,\0", 6), TableFormat{}), "is UTF-16, not UTF-8"));
  BOOST_TEST(contains(refusal("PK\x03\x04", TableFormat{}), "zip archive, such as an Excel workbook"));
  BOOST_TEST(contains(refusal("\x1F\x8B\x08 damaged", TableFormat{}), "its gzip is damaged, or cut short"));
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
  b["categories"] = {"x", " "};
  BOOST_TEST(contains(schema_refusal({{"columns", {b}}}), "an empty field means a missing value"));
  Json many = column("c", "categorical");
  for (int i = 0; i < 1001; ++i) many["categories"].push_back(std::to_string(i));
  BOOST_TEST(contains(schema_refusal({{"columns", {many}}}), "there are 1001, more than 1000"));
  BOOST_TEST(contains(schema_refusal({{"decimal", ","}, {"thousands", ","}, {"columns", {a}}}),
                      "thousands: is the decimal point as well"));
  Json d = column("d", "date");
  d["format"] = "Y-m-d";
  BOOST_TEST(
      contains(schema_refusal({{"columns", {d}}}), "columns[0].format: must be a date as strptime has it"));
  Json bounds = a;
  bounds["min"] = 2, bounds["max"] = 1;
  BOOST_TEST(contains(schema_refusal({{"columns", {bounds}}}), "columns[0].max: is less than `min`"));
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
  const TableColumns read = table("a\n1\n-2.5e-3\nNA\n +4 \n.5\n", a);
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
  const TableColumns all =
      table("id,a\n2,1\n", Json{{"others", "real"}, {"columns", {column("a", "categorical")}}});
  BOOST_TEST((all.columns.at(0).schema.kind == FeatureKind::real));
  BOOST_TEST((all.columns.at(1).schema.kind == FeatureKind::categorical));
}

BOOST_FIXTURE_TEST_CASE(marks_of_missing_values, Fixture) {
  // The usual ones always count among numbers; a column's own by their value.
  const Json schema{{"missing", {"*"}},
                    {"columns", {{{"name", "a"}, {"kind", "real"}, {"missing", {"-999", "none"}}}}}};
  const auto numbers = table("a\n1\n*\nnone\n-999.0\nNA\n.\n-\n<NA>\n2\n", schema).columns.at(0).numbers;
  BOOST_TEST((numbers.size() == 9 && numbers[0] == 1 && numbers[8] == 2));
  BOOST_TEST(std::count_if(numbers.begin(), numbers.end(), [](double v) { return std::isnan(v); }) == 7);
  BOOST_TEST(contains(refusal("a\nx\n", schema),
                      "\"x\" is neither a number nor a mark of a missing value (\"*\", \"-999\", \"none\")"));
  // Among texts what the schema lists is a category.
  Json listed = column("a", "categorical");
  listed["categories"] = {"None", "some"};
  BOOST_TEST((table("a\nNone\nsome\nNA\n", {{"columns", {listed}}}).columns.at(0).codes ==
              std::vector<int32_t>{0, 1, -1}));
}

BOOST_FIXTURE_TEST_CASE(categories_that_are_numbers_are_found_by_value, Fixture) {
  const auto column_of = [&](const char* bytes) {
    return table(bytes, {{"columns", {column("a", "categorical")}}}).columns.at(0);
  };
  BOOST_TEST((column_of("a\n1\n1.0\n2\n1.00\n-0.5\n-0.50\n").codes == std::vector<int32_t>{0, 0, 1, 0, 2, 2}));
  BOOST_TEST((column_of("a\n1\n01\n001\n1e0\n").texts.size() == 4));  // codes, not numbers
}

// How numbers are written in other places, and that they are written so again.
BOOST_AUTO_TEST_CASE(numbers_in_other_notations) {
  const auto with = [](char decimal, char thousands, const char* prefix = "", const char* suffix = "") {
    NumberFormat format;
    format.decimal = decimal, format.thousands = thousands, format.prefix = prefix, format.suffix = suffix;
    return format;
  };
  struct Case {
    NumberFormat format;
    const char* text;
    double value;
  };
  for (const Case& c : {Case{with(',', 0), "3,2", 3.2},
                        {with(',', '.'), "-1.234.567,5", -1234567.5},
                        {with('.', ','), "1,234.50", 1234.5},
                        {with('.', ','), "999", 999},
                        {with('.', 0, "$"), "-$ 12", -12},
                        {with('.', ',', "$"), "$1,200", 1200},
                        {with('.', 0, "", "%"), "45 %", 45},
                        {with(',', 0), "3.5", 3.5},
                        {with('.', '\''), "12'000", 12000}})
    BOOST_TEST(c.format.read(c.text).value_or(-7) == c.value, c.text);
  for (const auto& [format, text] : {std::pair{with('.', ','), "1,23"},
                                     {with('.', ','), "12,3456"},
                                     {with('.', ','), "1234,567"},
                                     {with(',', '.'), "1.5"},
                                     {with('.', ','), ",123"},
                                     {with('.', ','), "1.234,567"},
                                     {with('.', 0), "$5"},
                                     {with('.', ','), "0,123"},
                                     {with('.', 0), "1e999"}})
    BOOST_TEST(!format.read(text), text);
  BOOST_TEST(parse_number("4e-330").value() == 0);
  BOOST_TEST(with(',', 0).write(3.25, 0, 17) == "3,25");
  BOOST_TEST(with('.', 0, "$").write(-12, 0, 17) == "-$12");
  BOOST_TEST(with('.', 0, "", "%").write(45.5, 0, 17) == "45.5%");
  NumberFormat day;
  day.date = "%d.%m.%Y";
  BOOST_TEST(day.read("01.03.2000").value() == 11017);
  BOOST_TEST(day.read("31.12.1969").value() == -1);
  BOOST_TEST(!day.read("31.04.2000"));
  BOOST_TEST(!day.read("01.03.21"));  // not the year 21
  BOOST_TEST(!day.read("2000-03-01"));
  day.whole = true;
  for (const double d : {11016.6, 11017.4}) BOOST_TEST(day.write(d, 0, 17) == "01.03.2000");
  NumberFormat count;
  count.whole = true, count.low = 0, count.high = 5;
  for (const auto& [value, text] : {std::pair{-3.0, "0"}, {2.4, "2"}, {2.6, "3"}, {99.0, "5"}})
    BOOST_TEST(count.write(value, 0, 17) == text);
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
  // scaled numbers whose losses do not fit into float32
  write_bytes(path, "c,n,b\ng,1,0\ng,-1e300,0\n");
  BOOST_TEST(
      contains(error_of([&] { read_table(path, codec); }), ":3: column n: -1e+300 is too large a number"));
  write_bytes(path, "c,n,b\ng,1e15,0\n");
  BOOST_TEST(read_table(path, codec).x.data<float>()[0] == 5e14f);
  BOOST_TEST(contains(error_of([&] { codec.find("nn"); }), "did you mean \"n\"?"));
}

// Counts and positive numbers are scaled as logarithms, come back exactly, and are refused where they are none.
BOOST_FIXTURE_TEST_CASE(counts_and_positive_numbers, Fixture) {
  const std::vector<Feature> features{{"n", FeatureKind::count, 0, 1},
                                      {"p", FeatureKind::poisson, 1, 1},
                                      {"income", FeatureKind::positive, 2, 1},
                                      {"h", FeatureKind::heavy_tailed, 3, 1}};
  const TableCodec codec(features, {{1.5, 0.75}, {0.5, 0.25}, {10, 0.5}, {0, 2}});
  write_bytes(path, "n,p,income,h\n0,12,35123.45,-7\n123456,,0.01,1e3\n");
  const TableRows rows = read_table(path, codec);
  const float* x = rows.x.data<float>();
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-6 * (1 + std::abs(b)); };
  BOOST_TEST((near(x[0], (std::log(1.0) - 1.5) / 0.75) && near(x[1], (std::log(13.0) - 0.5) / 0.25)));
  BOOST_TEST((near(x[2], (std::log(35123.45) - 10) / 0.5) && x[3] == -3.5f));
  BOOST_TEST((codec.decode_row(x) == std::vector<std::string>{"0", "12", "35123.45", "-7"}));
  BOOST_TEST((codec.decode(0, x + 4) == "123456" && codec.decode(2, x + 4) == "0.01"));
  for (const auto& [row, message] : {std::pair{"-1,1,1,1", ":2: column n: -1 is not a count"},
                                     {"1,2.5,1,1", ":2: column p: 2.5 is not a count"},
                                     {"1,1,0,1", ":2: column income: 0 is not above 0"}}) {
    write_bytes(path, str("n,p,income,h\n", row, '\n'));
    BOOST_TEST(contains(error_of([&] { read_table(path, codec); }), message));
  }
  // The kinds survive the description of a run, and an integer is a real number that is written whole.
  const Json json =
      Json::parse(R"({"columns": [{"name": "n", "kind": "count"}, {"name": "p", "kind": "poisson"},
      {"name": "income", "kind": "positive", "prefix": "$"}, {"name": "h", "kind": "heavy_tailed"},
      {"name": "age", "kind": "integer"}]})");
  const TableSchema schema = read_schema(Config(json), "", "");
  const Json again = schema_json(schema);
  for (size_t i = 0; i < 4; ++i) BOOST_TEST((again["columns"][i]["kind"] == json["columns"][i]["kind"]));
  BOOST_TEST((again["columns"][4]["kind"] == "real" && again["columns"][4]["whole"] == true));
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

// Settings: types, ranges, sections, misspelt keys, what they resolve to; and the messages of all that can be
// wrong.
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

Config config(const char* text) { return Config(parse_json(text, "test.json"), "test.json"); }

}  // namespace

BOOST_AUTO_TEST_CASE(settings_of_every_type) {
  const Config c = config(R"({"rows": 64, "rate": 1, "seed": 18446744073709551615, "on": true, "name": "x",
                              "sizes": [64, 3.2e1], "names": ["a"], "matrix": [[1, 0.5], [0.5, 1]], "any": {"k": [null]}})");
  BOOST_TEST(c.get<int64_t>("rows") == 64);
  BOOST_TEST(c.get<double>("rate") == 1.0);
  BOOST_TEST(c.get<uint64_t>("seed") == 18446744073709551615u);
  BOOST_TEST(c.get<bool>("on"));
  BOOST_TEST(c.get<std::string>("name") == "x");
  BOOST_TEST(c.get<std::vector<int64_t>>("sizes") == (std::vector<int64_t>{64, 32}));
  BOOST_TEST(c.get<std::vector<std::string>>("names") == std::vector<std::string>{"a"});
  BOOST_TEST((c.get<std::vector<std::vector<double>>>("matrix") ==
              std::vector<std::vector<double>>{{1, 0.5}, {0.5, 1}}));
  BOOST_TEST(c.get<Json>("any").dump() == R"({"k":[null]})");
  c.done();
}

BOOST_AUTO_TEST_CASE(what_is_left_out) {
  const Config c = config(R"({"nothing": null})");
  BOOST_TEST(c.get<int64_t>("rows", 7) == 7);
  BOOST_TEST(c.get<std::string>("name", "default") == "default");
  BOOST_TEST(c.get<std::vector<int64_t>>("sizes", {64, 64}) == (std::vector<int64_t>{64, 64}));
  BOOST_TEST(c.get<double>("nothing", 0.5) == 0.5);
  BOOST_TEST(!c.get_optional<double>("clip").has_value());
  BOOST_TEST(!c.has("nothing"));
  BOOST_TEST(error_of([&] { c.get<int64_t>("seed"); }) == "test.json: seed: must be given");
}

BOOST_AUTO_TEST_CASE(wrong_types_and_values) {
  const Config root =
      config(R"({"data": {"columns": "two", "p": 1.5, "half": 0.5, "minus": -1, "sizes": [64, 0],
                                 "matrix": [[1, "x"]], "huge": 1e300, "kind": "mlpp", "on": 1}})");
  const Config c = root.section("data");
  const auto message = [&](auto f) { return error_of([&] { f(); }); };
  BOOST_TEST(message([&] { c.get<int64_t>("columns", 2, at_least(1)); }) ==
             "test.json: data.columns: must be a positive whole number, not \"two\"");
  BOOST_TEST(message([&] { c.get<int64_t>("half", 2); }) ==
             "test.json: data.half: must be a whole number, not 0.5");
  BOOST_TEST(message([&] { c.get<double>("p", 0.5, between(0, 1)); }) ==
             "test.json: data.p: must be a number >= 0 and <= 1, not 1.5");
  BOOST_TEST(message([&] { c.get<double>("minus", 1, positive()); }) ==
             "test.json: data.minus: must be a positive number, not -1");
  BOOST_TEST(message([&] { c.get<uint64_t>("minus", 1); }) ==
             "test.json: data.minus: must be a whole number, not -1");
  BOOST_TEST(message([&] { c.get<int64_t>("huge", 1); }) ==
             "test.json: data.huge: must be a whole number, not 1e+300");
  BOOST_TEST(message([&] { c.get<std::vector<int64_t>>("sizes", at_least(1)); }) ==
             "test.json: data.sizes[1]: must be a positive whole number, not 0");
  BOOST_TEST(message([&] { c.get<std::vector<std::vector<double>>>("matrix"); }) ==
             "test.json: data.matrix[0][1]: must be a number, not \"x\"");
  BOOST_TEST(message([&] { c.get<std::vector<int64_t>>("p"); }) ==
             "test.json: data.p: must be a list, not 1.5");
  BOOST_TEST(message([&] { c.get<bool>("on"); }) == "test.json: data.on: must be true or false, not 1");
  BOOST_TEST(message([&] { c.get<std::string>("on"); }) == "test.json: data.on: must be a string, not 1");
  BOOST_TEST(message([&] {
               c.choice("kind", {"mlp", "dense"});
             }) ==
             "test.json: data.kind: must be one of \"mlp\", \"dense\", not \"mlpp\"; did you mean \"mlp\"?");
  BOOST_TEST(message([&] { root.section("data").section("p"); }) ==
             "test.json: data.p: must be a section {...}, not 1.5");
  BOOST_TEST(message([&] { Config(parse_json("[1]", "x")); }) == "must be a section {...}, not [1]");
}

BOOST_AUTO_TEST_CASE(keys_that_nobody_asked_for) {
  const Config c = config(R"({"seed": 1, "data": {"colums": 3}})");
  c.get<uint64_t>("seed");
  BOOST_TEST(error_of([&] { c.done(); }) == "test.json: data: there is no such setting; there are \"seed\"");
  c.section("data").get<int64_t>("columns", 2);
  BOOST_TEST(error_of([&] { c.done(); }) ==
             "test.json: data.colums: there is no such setting; did you mean \"columns\"?");
  c.section("data").get<int64_t>("colums");
  c.done();
}

BOOST_AUTO_TEST_CASE(resolved_settings_read_the_same_again) {
  const Config c = config(R"({"train": {"rate": 1}, "seed": 5})");
  const auto read = [](const Config& from) {
    from.get<uint64_t>("seed", 1);
    from.section("train").get<double>("rate", 0.5);
    from.section("train").get<int64_t>("batch", 64);
    from.section("train").get_optional<double>("clip");
    from.section("model").choice("kind", {"mlp", "dense"}, "mlp");
    from.section("model").get<std::vector<int64_t>>("sizes", {64, 64});
    return from.resolved().dump();
  };
  const std::string resolved = read(c);
  BOOST_TEST(
      resolved ==
      R"({"seed":5,"train":{"rate":1.0,"batch":64,"clip":null},"model":{"kind":"mlp","sizes":[64,64]}})");
  BOOST_TEST(read(config(resolved.c_str())) == resolved);
}

BOOST_AUTO_TEST_CASE(settings_that_few_files_have) {
  const Config left_out = config(R"({"seed": 1, "clipp": 2})");
  left_out.get<int64_t>("seed");
  BOOST_TEST(!left_out.get_if_given<double>("clip"));
  BOOST_TEST(left_out.resolved().dump() == R"({"seed":1})");
  BOOST_TEST(
      contains(error_of([&] { left_out.done(); }), "clipp: there is no such setting; did you mean \"clip\"?"));
  const Config given = config(R"({"clip": 2.5, "name": null})");
  BOOST_TEST(given.get_if_given<double>("clip").value() == 2.5);
  BOOST_TEST(!given.get_if_given<std::string>("name"));
  given.done();
  BOOST_TEST(given.resolved().dump() == R"({"clip":2.5})");
  BOOST_TEST(error_of([&] { given.get_if_given<std::string>("clip"); }) ==
             "test.json: clip: must be a string, not 2.5");
}

BOOST_AUTO_TEST_CASE(json_that_is_wrong) {
  const auto message = [](const std::string& text) { return error_of([&] { parse_json(text, "a.json"); }); };
  BOOST_TEST(contains(message("{\n  \"a\": 1,\n  \"b\" 2\n}"), "a.json:3:7: syntax error"));
  BOOST_TEST(contains(message(""), "a.json:1:1: "));
  BOOST_TEST(contains(message("{\"a\": [1, 2"), "a.json:1:12: "));
  BOOST_TEST(contains(message("{\"a\": \"x\ny\"}"), "a.json:"));
  BOOST_TEST(contains(message("{\"a\": \"\xff\"}"), "a.json:1:"));
  BOOST_TEST(contains(message("{\"a\": 1e999}"), "a.json: "));
  BOOST_TEST(message("{\"a\": {\"b\": 1, \"c\": {\"b\": 1}, \"b\": 2}}") ==
             "a.json: the key \"b\" appears twice in one object");
  for (const char* text : {"{\n  \"a\" 2}", "", "{\"a\": \"x\ny\"}", "{\"a\": \"\xff\"}", "{\"a\": 1e999}"})
    BOOST_TEST(!contains(message(text), "\n"));  // one line each
  BOOST_TEST(message("{\"a\": [{\"b\": 1}, {\"b\": 1}]}") == "no error");

  const TemporaryFolder folder;
  BOOST_TEST(contains(error_of([&] { Config::read(folder.path / "no.json"); }),
                      "no.json: cannot be read: No such file"));
  write_bytes(folder.path / "yes.json", "{\"rows\": -1}");
  BOOST_TEST(
      contains(error_of([&] { Config::read(folder.path / "yes.json").get<int64_t>("rows", 1, at_least(0)); }),
               "yes.json: rows: must be a whole number >= 0, not -1"));
}

// As every file of ours does that holds numbers.
BOOST_AUTO_TEST_CASE(numbers_go_through_json_to_the_bit) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto through = [](double x) { return number_from(Json::parse(json_number(x).dump())); };
  for (const double x : {0.0, -0.0, 0.1, 1.0 / 3, 1e308, -5e-324, infinity, -infinity})
    BOOST_TEST(std::bit_cast<uint64_t>(through(x)) == std::bit_cast<uint64_t>(x));
  BOOST_TEST(std::isnan(through(std::nan(""))));
  BOOST_TEST(number_from(Json(3)) == 3.0);
  for (const char* wrong : {"\"nan\"", "\"\"", "\"1\"", "[1]", "{}", "true"})
    BOOST_CHECK_THROW(number_from(Json::parse(wrong)), Json::exception);
}

BOOST_AUTO_TEST_CASE(what_came_from_the_command_line_is_said_to) {
  const TemporaryFolder folder;
  const auto file = folder.path / "a.json";
  write_bytes(file, R"({"data": {"columns": 0, "rows": [1]}, "x": -1})");
  const Config config =
      Config::read(file, {"data.columns=-4", "data.list=[[1, \"a\"]]", "model=3", "data.c.d=1"});
  const Config data = config.section("data");
  const auto of = [](auto f) { return error_of(f); };
  BOOST_TEST(of([&] { data.get<int64_t>("columns", at_least(1)); }) ==
             "--set data.columns: must be a positive whole number, not -4");
  BOOST_TEST(of([&] { data.get<std::vector<std::vector<double>>>("list"); }) ==
             "--set data.list[0][1]: must be a number, not \"a\"");
  BOOST_TEST(of([&] { data.get<double>("c"); }) == "--set data.c: must be a number, not {\"d\":1}");
  BOOST_TEST(of([&] { config.section("model"); }) == "--set model: must be a section {...}, not 3");
  config.get<int64_t>("x");
  BOOST_TEST(of([&] { config.done(); }).starts_with("--set model: there is no such setting"));
  // and the file for what came from the file, also where the names begin alike
  BOOST_TEST(of([&] { data.get<int64_t>("rows"); }) ==
             file.string() + ": data.rows: must be a whole number, not [1]");
  BOOST_TEST(of([&] { data.fail("columns_too", "no"); }) == file.string() + ": data.columns_too: no");
}

BOOST_AUTO_TEST_CASE(settings_from_the_command_line) {
  Json json = parse_json(R"({"data": {"columns": 2}})", "");
  set_setting(json, "data.columns=4");
  set_setting(json, "data.path=/some/folder=odd");
  set_setting(json, "model.layers.sizes=[64, 32]");
  set_setting(json, "name=true story");
  set_setting(json, "quiet=true");
  BOOST_TEST(json.dump() ==
             R"({"data":{"columns":4,"path":"/some/folder=odd"},"model":{"layers":{"sizes":[64,32]}},)"
             R"("name":"true story","quiet":true})");
  const auto message = [&](const char* text) { return error_of([&] { set_setting(json, text); }); };
  BOOST_TEST(message("data.columns") == "\"data.columns\": must be of the form path.to.key=value");
  BOOST_TEST(message("data..columns=1") == "\"data..columns=1\": the path has an empty key");
  BOOST_TEST(message("data.columns.x=1") == "\"data.columns.x=1\": data.columns is a value, not a section");
}

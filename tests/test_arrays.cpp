// NumPy's files as tables: what NumPy writes is read, what we write is what it would, and each way to be damaged has its message.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "data/array_output.hpp"
#include "data/sources.hpp"
#include "data/table_columns.hpp"
#include "data_helpers.hpp"
#include "golden_case.hpp"
#include "idx_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

using NumberRows = std::vector<std::vector<double>>;
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += char(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

bool equal(const NumberRows& a, const NumberRows& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& r, const auto& s) {
    return std::equal(r.begin(), r.end(), s.begin(), s.end(), same);
  });
}

NumberRows rows_of(TableFile& file) {
  NumberRows rows;
  for (std::vector<double> row; file.next_numbers(row);) rows.push_back(row);
  return rows;
}

std::string npy(const std::string& dictionary, const std::string& elements,
                const std::string& version = {1, 0}) {
  std::string length{char(dictionary.size() & 255), char(dictionary.size() >> 8)};
  if (version[0] > 1) length += std::string(2, 0);
  return "\x93NUMPY" + version + length + dictionary + elements;
}
std::string of(const std::string& type, const std::string& shape, const char* order = "False") {
  return "{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

struct ArrayFixture {
  TemporaryFolder folder;
  std::string path(const std::string& name) const { return (folder.path / name).string(); }
  // What is wrong with a file of these bytes, without its name.
  std::string refusal(const std::string& bytes, const std::string& name = "t.npy",
                      const std::string& array = "") const {
    write_bytes(path(name), bytes);
    const std::string message = error_of([&] {
      TableFile file(path(name + array), {});
      rows_of(file);
    });
    const std::string start = path(name + array) + ": ";
    BOOST_TEST((message == "no error" || message.starts_with(start)), message);
    return message == "no error" ? message : message.substr(start.size());
  }
  std::string golden(const std::string& name) const {
    const auto golden = golden_file("arrays.json");
    for (const auto& file : golden.at("files"))
      if (file.at("name") == name) return from_hex(file.at("bytes"));
    return "";
  }
  void write(const std::string& name, const NumberRows& rows, const std::vector<std::string>& names) const {
    AtomicFile out(path(name));
    ArrayOutput arrays(out, path(name), names);
    for (const auto& row : rows) arrays.write(row);
    arrays.finish();
    out.finish();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_numpy_writes_is_read, ArrayFixture) {
  const auto golden = golden_file("arrays.json");
  for (const auto& file : golden.at("files")) {
    const std::string name = file.at("name"), array = file.at("array");
    write_bytes(path(name), from_hex(file.at("bytes")));
    NumberRows expected;
    for (const auto& row : file.at("rows")) {
      auto& numbers = expected.emplace_back();
      for (const auto& number : row) numbers.push_back(number.is_null() ? no_value : number.get<double>());
    }
    TableFile table(path(name) + (array.empty() ? "" : ":" + array), {});
    BOOST_TEST_REQUIRE(table.is_arrays(), name);
    std::vector<std::string> names{"x0", "x1", "x2"};
    names.resize(expected[0].size());
    BOOST_TEST(
        (table.names() == (file.at("names").is_null() ? names : file.at("names").get<decltype(names)>())),
        name);
    BOOST_TEST(equal(rows_of(table), expected), name);
  }
}

BOOST_FIXTURE_TEST_CASE(fields_of_arrays_read_back_as_the_numbers, ArrayFixture) {
  write("t.npy", {{0.1, no_value}, {-3, 1e300}}, {"a", "b"});
  const auto fields = [&](const TableFormat& format) {
    TableFile file(path("t.npy"), format);
    std::vector<std::vector<std::string>> all{file.names()};
    for (std::vector<std::string> row; file.next(row);) all.push_back(row);
    BOOST_TEST(file.where() == path("t.npy") + "[2]");
    return all;
  };
  using Fields = std::vector<std::vector<std::string>>;
  BOOST_TEST((fields({}) == Fields{{"x0", "x1"}, {"0.1", ""}, {"-3", "1e+300"}}));
  // Names of a schema, by position; a decimal comma; a mark of the schema's own.
  TableFormat format;
  format.names = {"p", "q"}, format.decimal = ',', format.missing = {"-999"};
  BOOST_TEST((fields(format) == Fields{{"p", "q"}, {"0,1", "-999"}, {"-3", "1e+300"}}));
  format.names = {"p", "q", "r"};
  BOOST_TEST((fields(format)[0] == Fields::value_type{"x0", "x1"}));
  format.names = {"x1", "x0"};  // in any order: these are not new names
  BOOST_TEST((fields(format)[0] == Fields::value_type{"x0", "x1"}));
}

// More rows than a buffer holds, from a file, a gzipped file and both kinds of ours.
BOOST_FIXTURE_TEST_CASE(what_is_written_reads_back, ArrayFixture) {
  NumberRows rows;
  for (int i = 0; i < 9000; ++i) rows.push_back({std::sin(i), i % 7 ? double(i) : no_value, -1e-300 * i});
  const std::vector<std::string> names{"a", "größe", "c d"};
  for (const char* name : {"t.npy", "t.npz"}) {
    write(name, rows, names);
    TableFile file(path(name), {});
    BOOST_TEST((name == std::string("t.npy") || file.names() == names));
    BOOST_TEST(equal(rows_of(file), rows), name);
    write(name, {}, names);
    TableFile empty(path(name), {});
    BOOST_TEST(rows_of(empty).empty());
  }
  write("t.npy", rows, names);
  const std::string packed = gzip(read_file(path("t.npy")));
  write_bytes(path("t.npy.gz"), packed);
  TableFile file(path("t.npy.gz"), {});
  BOOST_TEST(equal(rows_of(file), rows));
  BOOST_TEST(refusal(packed.substr(0, 5000), "t.npy.gz") == "its gzip is damaged, or cut short");
}

BOOST_FIXTURE_TEST_CASE(damaged_arrays, ArrayFixture) {
  const std::string elements(16, 0), good = of("'<f8'", "(2, 1)");
  BOOST_TEST(refusal(npy(good, elements)) == "no error");
  BOOST_TEST(refusal("") == "is no file of NumPy's: it begins otherwise");
  BOOST_TEST(refusal("a,b\n1,2\n") == "is no file of NumPy's: it begins otherwise");
  BOOST_TEST(refusal("\x93NUMPY") == "is cut short: it ends within its header");
  BOOST_TEST(refusal(npy(good, elements).substr(0, 40)) == "is cut short: it ends within its header");
  BOOST_TEST(refusal(npy(good, elements, {4, 0})) ==
             "is of the version 4.0 of NumPy's format, which is not known");
  BOOST_TEST(refusal(npy(good, elements.substr(1))) == "is cut short: it has 1 of 2 rows");
  BOOST_TEST(refusal(npy(good, elements + "x")) == "continues after the last of its numbers");
  BOOST_TEST(refusal(npy(of("'<f8'", "(2, 3)", "True"), elements)) == "is cut short");
  BOOST_TEST(refusal(npy(of("'<f8'", "(1, 2)", "True"), elements + "x")) ==
             "continues after the last of its numbers");
  BOOST_TEST(refusal(npy(of("'|O'", "(2,)"), elements)) ==
             "holds Python objects, which only Python can unpack (dtype \"|O\"), not numbers");
  BOOST_TEST(refusal(npy(of("[('a', '<f8')]", "(2,)"), elements)) ==
             "holds records (a structured dtype): save its fields as columns of numbers");
  BOOST_TEST(refusal(npy(of("'<c16'", "(1,)"), elements)) ==
             "holds complex numbers (dtype \"<c16\"), not numbers");
  BOOST_TEST(refusal(npy(of("'<M8[D]'", "(2,)"), elements)) ==
             "holds elements of an unknown kind (dtype \"<M8[D]\"), not numbers");
  BOOST_TEST(refusal(npy(of("'<f16'", "(1,)"), elements)) ==
             "holds numbers longer than float64 (dtype \"<f16\"), not numbers");
  BOOST_TEST(refusal(npy(of("'<U2'", "(2,)"), elements)) == "holds texts, not numbers");
  BOOST_TEST(refusal(npy(of("'<f8'", "()"), elements)) == "has 0 axes; a table has one or two");
  BOOST_TEST(refusal(npy(of("'<f8'", "(1, 1, 2)"), elements)) == "has 3 axes; a table has one or two");
  BOOST_TEST(refusal(npy(of("'<f8'", "(2, 0)"), "")) == "has no columns");
  BOOST_TEST(refusal(npy(of("'<f8'", "(2, 200000)"), "")) == "has 200000 columns, more than 100000");
  for (const char* shape : {"(4611686018427387904, 2)", "(99999999999999999999,)", "(0, 9223372036854775807)"})
    BOOST_TEST(refusal(npy(of("'<f8'", shape), elements)) == "its shape is too large");
  for (const char* order : {"True", "False"})
    BOOST_TEST(refusal(npy(of("'<f8'", "(1000000000000, 2)", order), elements)).starts_with("is cut short"));
  for (const char* header : {"", "{}", "{'descr': '<f8'", "{'descr': '<f8', 'shape': (2,)}", "{'descr': 1}",
                             "[1]", "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
                             "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
                             "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"})
    BOOST_TEST(refusal(npy(header, elements)) == "its header is damaged", header);
}

BOOST_FIXTURE_TEST_CASE(damaged_archives, ArrayFixture) {
  const std::string stored = golden("stored.npz"), deflated = golden("deflated.npz"),
                    named = golden("named.npz");
  const std::string damage = "its zip is damaged, or cut short";
  BOOST_TEST(refusal(stored, "t.npz") == "no error");
  for (size_t n = 30; n + 1 < stored.size(); n += 7)
    BOOST_TEST(refusal(stored.substr(0, n), "t.npz") == damage);
  for (const std::string& good : {stored, deflated}) {  // any one byte of the numbers
    std::string bad = good;
    bad[good.size() > 500 ? 180 : 70] ^= 1;
    BOOST_TEST(refusal(bad, "t.npz") != "no error");
  }
  BOOST_TEST(refusal(stored, "t.csv") ==
             "is a zip archive, such as an Excel workbook: save it as CSV, or unpack it");
  BOOST_TEST(
      refusal(named, "t.npz") ==
      "holds several arrays, \"train\", \"test\", which are not columns of one length: name one, as in " +
          path("t.npz") + ":train");
  BOOST_TEST(refusal(named, "t.npz", ":tran") ==
             "there is no such array among \"train\", \"test\"; did you mean \"train\"?");
  BOOST_TEST(refusal(stored, "t.npz", ":columns") == "holds texts, not numbers");
}

// The source `table`: the same training from CSV and from arrays, and another file whose rows test.
BOOST_FIXTURE_TEST_CASE(arrays_as_data, ArrayFixture) {
  NumberRows rows;
  std::string csv = "x0,x1\n";
  for (int i = 0; i < 50; ++i) {
    rows.push_back({i * 0.25, i % 5 == 0 ? no_value : i * i * 0.5});
    csv += str(rows.back()[0], ',') + (i % 5 == 0 ? "" : str(rows.back()[1])) + '\n';
  }
  write("t.npy", rows, {"a", "b"});
  write_bytes(path("t.csv"), csv);
  const auto data = [&](Json settings) {
    settings["source"] = "table";
    if (!settings.contains("schema")) settings["schema"] = {{"others", "real"}};
    return make_data(Config(settings, "c.json"), 3);
  };
  const DataSplit text = data({{"path", path("t.csv")}}), array = data({{"path", path("t.npy")}});
  BOOST_TEST(text.train.x.tensor().to_vector() == array.train.x.tensor().to_vector());
  BOOST_TEST(text.test.observed.to_vector() == array.test.observed.to_vector());
  const Json listed = {{"columns", {{{"name", "a"}, {"kind", "ignore"}}, {{"name", "b"}, {"kind", "real"}}}}};
  const DataSplit by_position = data({{"path", path("t.npy")}, {"schema", listed}});
  BOOST_TEST((by_position.train.codec->names() == std::vector<std::string>{"b"}));

  write("test.npz", {{1, 2}, {5, 6}, {0.5, no_value}}, {"x0", "x1"});
  const DataSplit apart = data({{"path", path("t.npy")}, {"test_path", path("test.npz")}});
  BOOST_TEST(apart.train.rows() == 50);
  BOOST_TEST_REQUIRE(apart.test.rows() == 3);
  const Scale scale = apart.train.codec->scales()[0];
  BOOST_TEST(apart.test.x.tensor().to_vector<float>()[2] == scale.of(5));
  BOOST_TEST((apart.inputs.size() == 2 && apart.inputs[1] == path("test.npz")));
  write("infinite.npy", {{1, 2}, {5, INFINITY}}, {"x0", "x1"});
  BOOST_TEST(contains(error_of([&] {
                        data({{"path", path("infinite.npy")}});
                      }),
                      "infinite.npy[1]: column x1: \"inf\" is neither a number nor a mark of a missing value"));
}

// What a table is taken for: `elbow schema` and `elbow describe`.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "data/table_columns.hpp"
#include "data/table_report.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;

namespace {

struct Fixture {
  TemporaryFolder folder;
  std::string path = (folder.path / "t.csv").string();

  TableReport report(const std::string& bytes, const TableHints& hints = {}) const {
    write_bytes(path, bytes);
    return report_of(path, hints);
  }
  // The kinds of the columns, and that the schema reads the table.
  std::string kinds(const std::string& bytes, const TableHints& hints = {}) const {
    const TableSchema schema = report(bytes, hints).schema();
    const Json json = parse_json(schema_text(schema), "schema");
    const TableSchema again = read_schema(Config(json), "", "");
    BOOST_TEST(schema_text(again) == schema_text(schema));
    std::string kinds;
    for (const Json& c : json["columns"]) kinds += (kinds.empty() ? "" : " ") + c["kind"].get<std::string>();
    if (kinds.find_first_not_of("ignore ") != std::string::npos) read_text_table(path, again);
    return kinds;
  }
};

// A column of the numbers 0, 0.5, 1, ... below a name, with a field of its own in the place of number `at`.
std::string numbers(const std::string& field, int at = 40, int rows = 100) {
  std::string bytes = "a;b\n";
  for (int i = 0; i < rows; ++i)
    bytes +=
        (i == at ? field : std::to_string(i / 2) + (i % 2 ? ".5" : "")) + ";" + std::to_string(i * i) + "\n";
  return bytes;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(kinds_are_guessed_and_read_the_table, Fixture) {
  std::string bytes = "name;size;sex;colour;empty;score\n";
  for (int i = 0; i < 20; ++i)
    bytes += "n" + std::to_string(i) + ";" + std::to_string(i) + ".5;" + (i % 2 ? "f;" : "m;") +
             (i % 4 == 0   ? "red;"
              : i % 4 == 1 ? "blue;"
              : i % 4 == 2 ? "green;"
                           : "?;") +
             ";" + (i ? "3\n" : "NA\n");
  BOOST_TEST(kinds(bytes) == "ignore real binary categorical ignore real");
  const TableReport r = report(bytes);
  BOOST_TEST(r.format.separator == ';');
  BOOST_TEST((r.columns[0].notes ==
              std::vector<std::string>{
                  "has 20 different texts in 20 values, the first \"n0\" in line 2: ignored; \"kind\": "
                  "\"categorical\" takes up to 1000"}));
  BOOST_TEST((r.columns[4].notes == std::vector<std::string>{"has no values: ignored"}));
  BOOST_TEST((r.columns[3].missing == 5 && r.columns[3].values == 15));
}

// One odd field among numbers is no reason to lose them.
BOOST_FIXTURE_TEST_CASE(an_odd_field_is_proposed_as_a_mark, Fixture) {
  for (const char* mark : {"#N/A", ".", "-", "n/a", "<NA>", "", "?"}) {
    BOOST_TEST(kinds(numbers(mark)) == "real real", mark);
    const ColumnReport c = report(numbers(mark)).columns[0];
    BOOST_TEST((c.notes.empty() && c.missing == 1), mark);
  }
  for (const char* odd : {"inf", "3,2", "1,234.50", "45%", "$1,200", "2021-03-05", "unknown"}) {
    BOOST_TEST(kinds(numbers(odd)) == "real real", odd);
    const ColumnReport c = report(numbers(odd)).columns[0];
    BOOST_TEST(c.notes.size() == 1, odd);
    if (c.column.field.missing.empty()) continue;  // another notation
    BOOST_TEST((c.column.field.missing == std::vector<std::string>{odd}));
    BOOST_TEST(c.notes.at(0) ==
               '"' + std::string(odd) +
                   "\" in line 42 is no number as the others are: proposed as a mark of a missing value");
  }
  std::string flags = "a,b\n", strands = "a,b\n";
  for (int i = 0; i < 30; ++i) {
    flags += str(i % 3 == 0 ? "." : i % 3 == 1 ? "0" : "1", ',', i, '\n');
    strands += str(i % 2 ? "+" : "-", ',', i, '\n');
  }
  BOOST_TEST(kinds(flags) == "binary real");
  BOOST_TEST((report(flags).columns[0].missing == 10 &&
              report(flags).columns[0].column.categories == std::vector<std::string>{"0", "1"}));
  BOOST_TEST(kinds(strands) == "binary real");
  BOOST_TEST(report(strands).columns[0].missing == 0);
  BOOST_TEST(!report("a,b\n-,1\n").columns[0].column.kind);           // a mark alone
  const ColumnReport many = report("a\n1\n2\n3\nx\ny\n").columns[0];  // two of five are not few
  BOOST_TEST(!many.column.kind);
  BOOST_TEST(many.notes.at(0) ==
             "2 of 5 values are no numbers as the others are, the first \"x\" in line 5: ignored; list what "
             "means a missing "
             "value in the column's `missing`");
}

BOOST_FIXTURE_TEST_CASE(numbers_in_the_notation_of_the_file, Fixture) {
  std::string european = "a;b\n", american = "a,b\n", money = "a,b\n";
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    european += n + ",5;1.2" + (i < 10 ? "0" + n : n) + ",25\n";
    american += "\"1,2" + (i < 10 ? "0" + n : n) + ".50\"," + n + "\n";
    money += "\"$1,2" + (i < 10 ? "0" + n : n) + "\"," + n + "%\n";
  }
  BOOST_TEST(kinds(european) == "real real");
  BOOST_TEST((report(european).format.decimal == ',' && report(european).format.thousands == '.'));
  BOOST_TEST(report(european).columns[1].numbers.high() == 1229.25);
  BOOST_TEST(kinds(american) == "real real");
  BOOST_TEST(report(american).columns[0].numbers.low() == 1200.5);
  BOOST_TEST(kinds(money) == "real real");
  BOOST_TEST(report(money).columns[0].numbers.high() == 1229);
  BOOST_TEST(report(money).columns[0].column.field.number.prefix == "$");
  BOOST_TEST(report(money).columns[1].column.field.number.suffix == "%");
}

// One odd field says nothing of how the others are written.
BOOST_FIXTURE_TEST_CASE(notations_are_decided_by_whole_columns, Fixture) {
  std::string odd = "a,note\n", lists = "a,b\n", tabs = "a\tb\n", addresses = "a,ip\n", unknown = "age,b\n",
              codes = "zip,b\n";
  for (int i = 0; i < 40; ++i) {
    const std::string thousandth = std::to_string(100 + i * 7);
    odd += str(10 + i, '.', thousandth, ',', i == 30 ? "\"1,5\"" : "", '\n');
    lists += str(10 + i, '.', thousandth, ",\"", i % 4 + 1, ',', i % 3 + 1, "\"\n");
    tabs += str("0,", thousandth, "\t1,", thousandth, '\n');
    addresses += str("0.", thousandth, ",192.168.100.", 100 + i, '\n');
    unknown += str(i % 8 ? str(20 + i % 11) : "unknown", ',', i * i, '\n');
    codes += str('0', 1000 + i * 37, ',', i * i, '\n');
  }
  for (const std::string& bytes : {odd, lists, addresses}) {
    BOOST_TEST((report(bytes).format.decimal == '.' && report(bytes).format.thousands == 0), bytes);
    BOOST_TEST(report(bytes).columns[0].numbers.high() < 60, bytes);
  }
  BOOST_TEST(report(tabs).format.decimal == ',');
  BOOST_TEST(report(tabs).columns[0].numbers.high() < 1);
  const ColumnReport age = report(unknown).columns[0];
  BOOST_TEST((age.column.kind == FeatureKind::real && age.missing == 5));
  BOOST_TEST(contains(age.notes.at(0), "\"unknown\" in line 2 (5 times) is no number"));
  BOOST_TEST(contains(report(codes).columns[0].notes.at(0), "has leading zeros"));
}

BOOST_FIXTURE_TEST_CASE(dates_are_numbers_on_request, Fixture) {
  std::string bytes = "day,x\n";
  for (int i = 1; i <= 28; ++i)
    bytes +=
        "2021-03-" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "," + std::to_string(i * i) + "\n";
  BOOST_TEST(kinds(bytes) == "ignore real");
  BOOST_TEST(contains(report(bytes).columns[0].notes.at(0),
                      "holds dates, the first \"2021-03-01\" in line 2: ignored; {\"kind\": \"date\", "
                      "\"format\": \"%Y-%m-%d\"}"));
  BOOST_TEST(kinds(bytes, {.dates = true}) == "date real");
  const TableReport odd = report(bytes + "soon,5\n", {.dates = true});
  BOOST_TEST((odd.columns[0].column.field.missing == std::vector<std::string>{"soon"}));
  std::string short_years = "day,x\n";
  for (int i = 1; i <= 28; ++i) short_years += str("03/", i < 10 ? "0" : "", i, "/21,", i * i, '\n');
  BOOST_TEST(report(short_years, {.dates = true}).columns[0].column.field.number.date == "%m/%d/%y");
}

BOOST_FIXTURE_TEST_CASE(separators_are_found, Fixture) {
  const auto separator = [&](const char* bytes) { return report(bytes).format.separator; };
  BOOST_TEST(separator("a,b\n1,2\n") == ',');
  BOOST_TEST(separator("a b\n1 2\n3 4\n") == ' ');
  BOOST_TEST(separator("x\tx\ty\n1\t2\t3\n") == '\t');  // a name twice
  BOOST_TEST(separator("a;b\n1,5;2\n2,5;3\n") == ';');
  BOOST_TEST(separator("a|b c\n1|2\n") == '|');
  BOOST_TEST(separator("a\n1\n2\n") == ',');
  BOOST_TEST(separator("city\nNew York\nLos Angeles\n") == ',');
  BOOST_TEST(separator("a, b\n1, 2\n3, 4\n") == ',');
  BOOST_TEST(separator("a , b\n1.5 , 2\n2.5 , 3\n") == ',');
  BOOST_TEST(separator("first name\tlast name\tage\nAnn A\tvan X\t3\nAnn B\tvan Y\t4\n") == '\t');
  BOOST_TEST(separator(" id | name | x \n 1 | a b | 2 \n 2 | c d | 3 \n") == '|');
  BOOST_TEST(separator("a b\n1,5 2,5\n2,5 3,5\n") == ' ');
  BOOST_TEST(separator("\"a\" \"b\"\n\"1\" 1.5 2\n\"2\" 3 4\n") == ' ');  // R's write.table
}

BOOST_FIXTURE_TEST_CASE(headers_are_noticed, Fixture) {
  const auto header = [&](const char* bytes) { return report(bytes).format.header; };
  BOOST_TEST(header("a,b\n1,2\n"));
  BOOST_TEST(!header("1,2\n3,4\n"));
  BOOST_TEST(!header("1,NA\n3,4\n"));
  BOOST_TEST(header("country,1990,1991\nA,5,6\nB,7,8\n"));
  BOOST_TEST(header(",149.86,152.4\n9.4,0,1\n9.5,2,1\n"));  // a table of counts
  BOOST_TEST(!header("5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.2,virginica\n"));
  BOOST_TEST(!header("39, State, 77516\n50, Private, 83311\n38, State, 215646\n"));
  BOOST_TEST(!header("2020-01-01,112\n2020-01-02,118\n"));
  BOOST_TEST(header("x1,x2\n1,2\n3,4\n"));
  BOOST_TEST(header("V1,V2,class\n1,2,a\n3,4,b\n"));
  BOOST_TEST(header("x1,x2\n"));
  BOOST_TEST(!header("$1,2%\n$3,4%\n"));
  BOOST_TEST(header("year,1990\n1,5\n2,6\n"));
  BOOST_TEST(!header("p,x,s\ne,x,y\np,b,s\n"));  // each field recurs below
  BOOST_TEST(kinds("1.5,2\n3,4\n5,6\n") == "real real");
  BOOST_TEST(report("1.5,2\n3,4\n5,6\n").rows == 3);
  BOOST_TEST(contains(report("1.5,2\n3,4\n").notes.at(0), "the first line looks like a row"));
  BOOST_TEST(report("1,2\n3,4\n5,6\n", {.header = true}).rows == 2);
  BOOST_TEST(report("a,b\n3,4\n", {.header = false}).rows == 2);
}

BOOST_FIXTURE_TEST_CASE(columns_that_number_the_rows_and_columns_of_one_name, Fixture) {
  std::string bytes = ",id,x,x\n";
  for (int i = 0; i < 30; ++i)
    bytes += std::to_string(i) + "," + std::to_string(i + 1) + "," + std::to_string(i * i) + ".5," +
             std::to_string(-i) + "\n";
  BOOST_TEST(kinds(bytes) == "ignore ignore real real");
  const TableReport r = report(bytes);
  BOOST_TEST(r.columns[0].column.name == "column_1");
  BOOST_TEST(contains(r.columns[0].notes.at(0), "has no name: ignored"));
  BOOST_TEST(contains(r.columns[1].notes.at(0), "counts the rows from \"1\" in line 2 on: ignored"));
  BOOST_TEST((r.columns[3].column.name == "x_2" && r.schema().columns[3].number == 4));
  BOOST_TEST(contains(r.notes.at(0), "column 4 has the name of an earlier one: it is called x_2"));
}

BOOST_FIXTURE_TEST_CASE(a_number_far_from_all_others_is_told_of, Fixture) {
  BOOST_TEST(
      contains(report(numbers("1e36")).columns[0].notes.at(0), "1e+36 (1 row) is far from all other values"));
  BOOST_TEST(contains(report(numbers("-9999")).columns[0].notes.at(0), "-9999 (1 row) is far"));
  BOOST_TEST(report(numbers("120")).columns[0].notes.empty());
  // Heavy tails are no marks: none among a thousand log-normal numbers, whose largest is e^3.2.
  NumberSummary heavy;
  for (int i = 0; i < 1000; ++i) heavy.add(std::exp(3.2 * (2.0 * i / 999 - 1) * std::abs(2.0 * i / 999 - 1)));
  BOOST_TEST(heavy.outliers().empty());
}

BOOST_FIXTURE_TEST_CASE(the_description_has_a_line_for_each_column, Fixture) {
  const std::string text = description_text(report("n,b,c\n1,x,p\n2,y,q\n,x,p\n4,y,q\n7,x,r\n9,x,r\n"));
  BOOST_TEST(text ==
             "6 rows, 3 columns, separated by \",\"\n\n"
             "column  kind         values  missing  what they are\n"
             "n       real         5       1        1 to 9, whole numbers\n"
             "b       binary       6       0        \"x\", \"y\"\n"
             "c       categorical  6       0        \"p\", \"q\", \"r\"\n");
}

// What commands that write tables share: headers without a name twice, and files that appear when they are whole.
#include <boost/test/unit_test.hpp>
#include <csignal>

#include "data_helpers.hpp"
#include "experiments/program/rows/table_output.hpp"

using namespace elbow;
using namespace elbow::test;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Names files_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_that_are_free_stay) {
  BOOST_TEST(TableHeader().added({"row"}).data({"a", "b"}).added({"kl"}).names() ==
             (Names{"row", "a", "b", "kl"}));
  BOOST_TEST(TableHeader().names().empty());
}

BOOST_AUTO_TEST_CASE(names_that_are_taken_get_a_number) {
  // Wherever the column of the data stands, it keeps its name.
  BOOST_TEST(TableHeader().added({"draw", "kl"}).data({"kl", "draw"}).added({"kl"}).names() ==
             (Names{"draw_1", "kl_1", "kl", "draw", "kl_2"}));
  // A name made so may itself be taken: by the data, and by what comes later.
  BOOST_TEST(TableHeader().data({"kl", "kl_1", "kl_3"}).added({"kl", "kl", "kl_2"}).names() ==
             (Names{"kl", "kl_1", "kl_3", "kl_2", "kl_4", "kl_2_1"}));
  // A column that is kept and one of the model's.
  BOOST_TEST(TableHeader().data({"x", "id"}).added({"row"}).data({"x", "y"}).names() ==
             (Names{"x", "id", "row", "x_1", "y"}));
}

BOOST_AUTO_TEST_CASE(a_file_of_lines) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "table.csv";
  TableFormat format;
  format.separator = ';';
  TableOutput out(path, false, format);
  BOOST_TEST(files_in(folder.path).empty());  // nothing before the first line
  out.write({"a", "b;c"});
  BOOST_TEST(!fs::exists(path));
  out.write({"1", ""});
  out.finish();
  BOOST_TEST(read_file(path) == "a;\"b;c\"\n1;\n");
  BOOST_TEST(files_in(folder.path).size() == 1u);
  BOOST_TEST(error_of([&] { TableOutput(path, false); }) ==
             path.string() + ": exists already: choose another --out, or --force");
  { TableOutput(path, true).write({"new"}); }  // an error ends it: the old file stays
  BOOST_TEST(read_file(path) == "a;\"b;c\"\n1;\n");
  BOOST_TEST(files_in(folder.path).size() == 1u);
  TableOutput(folder.path / "empty", false).finish();
  BOOST_TEST(read_file(folder.path / "empty").empty());
}

BOOST_AUTO_TEST_CASE(a_signal_ends_it) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "table.csv";
  int by = 0;
  try {
    TableOutput out(path, false);
    out.write({"a"});
    std::raise(SIGTERM);
    out.write({"b"});
  } catch (const Interrupted& e) {
    by = e.signal;
    BOOST_TEST(e.what() == path.string() + ": is not written: the command was interrupted");
  }
  BOOST_TEST(by == SIGTERM);
  BOOST_TEST(files_in(folder.path).empty());
}

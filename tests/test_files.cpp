// Whole files read and written, and tables of numbers as CSV.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "base/files.hpp"
#include "data/csv.hpp"
#include "data_helpers.hpp"

using namespace elbow;
using namespace elbow::test;
namespace fs = std::filesystem;

namespace {

int64_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "file";
  for (const std::string& contents :
       {std::string("first\n"), std::string(), std::string("a\0b\r\n", 5), std::string(1 << 20, 'x')}) {
    write_file_atomically(path, contents);
    BOOST_TEST((read_file(path) == contents));
    BOOST_TEST(entries(folder.path) == 1);  // nothing is left beside it
  }
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_touches_nothing) {
  const TemporaryFolder folder;
  const fs::path missing = folder.path / "missing" / "file";
  BOOST_TEST(error_of([&] { write_file_atomically(missing, "x"); }) ==
             missing.string() + ": cannot be written: No such file or directory");
  const fs::path busy = folder.path / "busy";
  fs::create_directory(busy);
  write_bytes(busy / "old", "old");
  BOOST_TEST(error_of([&] { write_file_atomically(busy, "x"); }) ==
             busy.string() + ": cannot be written: it is not a file");
  BOOST_TEST(read_file(busy / "old") == "old");
  BOOST_TEST(entries(folder.path) == 1);
  // A device is not replaced by a file, whoever asks for it.
  BOOST_TEST(contains(error_of([&] { write_file_atomically("/dev/null", "x"); }), "it is not a file"));
  BOOST_TEST(fs::is_character_file("/dev/null"));
}

BOOST_AUTO_TEST_CASE(a_file_written_in_parts) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "file";
  write_bytes(path, "old");
  {
    AtomicFile file(path);
    file.write(std::string(100'000, 'x'));
    BOOST_TEST(fs::file_size(file.beside()) == 100'000u);  // it goes to the disk, not to memory
    BOOST_TEST(read_file(path) == "old");
  }
  BOOST_TEST(entries(folder.path) == 1);  // not finished: nothing is left
  BOOST_TEST(read_file(path) == "old");
  AtomicFile file(path);
  std::string all;
  for (const size_t size : {1u, 65'535u, 65'536u, 0u, 65'537u, 200'000u, 3u}) {
    const std::string part(size, char('a' + all.size() % 26));
    file.write(part);
    all += part;
  }
  file.finish();
  BOOST_TEST((read_file(path) == all));
  BOOST_TEST(entries(folder.path) == 1);
  if (fs::exists("/dev/full")) {
    fs::create_symlink("/dev/full", AtomicFile::beside(folder.path / "full"));
    AtomicFile full(folder.path / "full");
    BOOST_TEST(error_of([&] { full.write(std::string(100'000, 'x')); }) ==
               (folder.path / "full").string() + ": cannot be written: No space left on device");
  }
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const TemporaryFolder folder;
  const fs::path missing = folder.path / "missing";
  BOOST_TEST(error_of([&] { read_file(missing); }) ==
             missing.string() + ": cannot be read: No such file or directory");
  BOOST_TEST(error_of([&] { read_file(folder.path); }) ==
             folder.path.string() + ": cannot be read: it is a folder");
}

BOOST_AUTO_TEST_CASE(numbers_as_text) {
  BOOST_TEST(to_text(0.1) == "0.1");
  BOOST_TEST(to_text(3) == "3");
  BOOST_TEST(to_text(-64000) == "-64000");
  BOOST_TEST(to_text(1e-7) == "1e-07");
  BOOST_TEST(to_text(std::numeric_limits<double>::infinity()) == "inf");
  for (const double v : {1.0 / 3, 0.1 + 0.2, 5e-324, std::numeric_limits<double>::max(), -0.0, 1e23})
    BOOST_TEST(std::strtod(to_text(v).c_str(), nullptr) == v);
}

BOOST_AUTO_TEST_CASE(a_table) {
  CsvTable table({"epoch", "loss, train", "the \"bound\""});
  table.add({1, 0.25, std::nan("")});
  table.add({2, -1e-9, 3});
  const std::string expected = "epoch,\"loss, train\",\"the \"\"bound\"\"\"\n1,0.25,\n2,-1e-09,3\n";
  BOOST_TEST(table.text() == expected);
  const TemporaryFolder folder;
  table.write(folder.path / "table.csv");
  BOOST_TEST(read_file(folder.path / "table.csv") == expected);
  BOOST_TEST(error_of([&] { table.add({1}); }) == "[csv] a row of 1 fields in a table of 3 columns");
}

BOOST_AUTO_TEST_CASE(a_table_with_text) {
  CsvTable table({"number", "name"});
  table.add({0, "plain"});
  table.add({std::nan(""), std::string("a, b")});
  table.add({int64_t{-7}, "6\" wide"});
  table.add({0.1f, ""});
  BOOST_TEST(table.text() == "number,name\n0,plain\n,\"a, b\"\n-7,\"6\"\" wide\"\n0.1,\n");
}

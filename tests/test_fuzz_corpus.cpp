// What the readers were fuzzed with from the start, and all that has ever made one of them fail (tests/fuzz/targets.hpp).
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/files.hpp"
#include "fuzz/targets.hpp"

namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(readers_refuse_damaged_files_and_nothing_else_happens) {
  for (const auto& [name, read] : elbow::fuzz::targets) {
    int files = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(ELBOW_SOURCE_DIR) / "tests/fuzz/corpus" / name)) {
      ++files;
      try {
        read(elbow::read_file(entry.path()));
      } catch (const std::exception& e) { BOOST_ERROR(entry.path().string() << ": " << e.what()); }
    }
    BOOST_TEST(files > 0, name << ": there is no file in its corpus");
  }
}

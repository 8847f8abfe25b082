// The list of a run's files, and the folders that keep it.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "base/files.hpp"
#include "data_helpers.hpp"
#include "experiments/report/output_folder.hpp"
#include "experiments/runs/run_folder.hpp"

using namespace elbow;
using namespace elbow::test;
namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

Names names_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_to_the_folder_of_a_run_is_listed_before_it_is_there) {
  const TemporaryFolder folder;
  const OutputFolder run = OutputFolder::of_run(folder.path);
  BOOST_TEST((files_of_run(folder.path).empty()));
  BOOST_TEST(run.file("b.csv") == folder.path / "b.csv");
  run.file("a.csv"), run.file("b.csv");
  BOOST_TEST((files_of_run(folder.path) == Names{"a.csv", "b.csv"}));
  BOOST_TEST((names_in(folder.path) == Names{manifest_file}));

  const TemporaryFolder other;
  BOOST_TEST(OutputFolder(other.path).file("a.csv") == other.path / "a.csv");
  BOOST_TEST(fs::is_empty(other.path));
}

BOOST_AUTO_TEST_CASE(a_list_names_nothing_outside_its_folder) {
  const TemporaryFolder folder;
  const auto list = [&](const char* text) { write_bytes(folder.path / manifest_file, text); };
  list(R"({"files": ["a.csv", "../b", "/etc/passwd", "", ".", "..", "c/d"]})");
  BOOST_TEST((files_of_run(folder.path) == Names{"a.csv"}));
  for (const char* damaged : {"[]", "{}", R"({"files": [1]})", R"({"files": 1})"}) {
    list(damaged);
    BOOST_TEST(contains(error_of([&] { files_of_run(folder.path); }), "is not the list of a run's files"),
               damaged);
  }
  list("{");
  BOOST_TEST(contains(error_of([&] { files_of_run(folder.path); }), manifest_file));
}

// It has no list: what it may have left is known by name, and a new list begins with that.
BOOST_AUTO_TEST_CASE(a_run_of_an_earlier_version_has_known_files) {
  const TemporaryFolder folder;
  for (const char* name :
       {"config.json", "run.log", "per_condition.csv", "latent_space_colormap_12.png", "notes.txt"})
    write_bytes(folder.path / name, "x");
  const Names known{"config.json", "latent_space_colormap_12.png", "per_condition.csv", "run.log"};
  BOOST_TEST((files_of_run(folder.path) == known));
  list_file_of_run(folder.path, "config.json");
  BOOST_TEST((files_of_run(folder.path) == known));
  write_bytes(folder.path / "pca.csv", "mine");  // from here on the list alone counts
  BOOST_TEST((files_of_run(folder.path) == known));
  BOOST_TEST((is_file_of_run(folder.path / "per_condition.csv") && !is_file_of_run(folder.path / "pca.csv")));
  BOOST_TEST(is_file_of_run(folder.path / manifest_file));
  BOOST_TEST(
      contains(error_of([&] { check_output_file(folder.path / "run.log", true); }), "is a file of a run"));
  BOOST_TEST(error_of([&] { check_output_file(folder.path / "notes.txt", true); }) == "no error");
}

BOOST_AUTO_TEST_CASE(force_removes_what_the_run_wrote_and_nothing_else) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "run";
  {
    RunFolder run(path, RunFolder::Mode::fresh);
    run.open();
    for (const char* name : {"config.json", "costs.csv", "an_analysis_of_the_future.csv"})
      write_file_atomically(run.file(name), "x");
    run.log("done");
  }
  write_bytes(path / "notes.txt", "mine");
  write_bytes(path / "pca.csv", "mine too");
  write_bytes(path / "costs.csv.part123", "what a kill left");
  RunFolder run(path, RunFolder::Mode::force);
  BOOST_TEST(names_in(path).size() == 8U);  // it only looked
  run.open();
  BOOST_TEST((names_in(path) == Names{"manifest.json", "notes.txt", "pca.csv", "run.lock", "run.log"}));
  BOOST_TEST((files_of_run(path) == Names{"run.log"}));
}

// A run that was killed before its first checkpoint: its folder is as good as empty.
BOOST_AUTO_TEST_CASE(a_killed_run_is_none) {
  const TemporaryFolder folder;
  const fs::path path = folder.path / "run";
  for (const RunFolder::Mode mode : {RunFolder::Mode::fresh, RunFolder::Mode::keep, RunFolder::Mode::fresh}) {
    RunFolder run(path, mode);
    run.open();
    BOOST_TEST(run.kept_as().empty());
    write_file_atomically(run.file("config.json"), "{}");
    BOOST_TEST(holds_no_run(path));
  }
  BOOST_TEST((names_in(path) == Names{"config.json", "manifest.json", "run.log"}));
}

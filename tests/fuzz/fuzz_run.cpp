#include "experiments/runs/compare/comparison.hpp"
#include "experiments/runs/inputs.hpp"
#include "experiments/runs/opened_run.hpp"
#include "experiments/runs/page.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {

void run(std::string_view input) {
  static const std::vector<std::string> names = {"config.json",      "summary.json", "costs.csv",
                                                 "image_scores.csv", "fid_data.csv", "figures.json",
                                                 "inputs.json",      "manifest.json"};
  const std::filesystem::path run = folder() / "run";
  std::filesystem::create_directories(run);
  const auto contents = parts(input, names.size());
  for (size_t i = 0; i < names.size(); ++i)
    if (contents[i].empty())
      std::filesystem::remove(run / names[i]);
    else
      file("run/" + names[i], contents[i]);
  std::vector<FinishedRun> records;
  if (accepted(run.string(), [&] { records = {read_finished_run(run), read_finished_run(run)}; }))
    make_comparison(std::move(records));
  accepted(run.string(), [&] {
    write_page({.runs = {run.string()}, .out = (folder() / "page.html").string(), .force = true});
  });
  accepted(run.string(), [&] { check_same_run(run / "config.json", contents[0]); });
  accepted(run.string(), [&] { files_of_run(run); });
  accepted(run.string(), [&] { find_input(run, "/proc/version"); });
}

}  // namespace elbow::fuzz

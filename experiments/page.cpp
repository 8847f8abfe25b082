#include "experiments/page.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "autograd/error.hpp"
#include "experiments/plots/report.hpp"
#include "nn/config.hpp"

namespace elbow {
namespace fs = std::filesystem;
namespace {

struct Run {
  fs::path folder;
  Json summary, figures;
};

Run read_run(const std::string& folder) {
  Run run{folder, {}, Json::array()};
  if (!fs::exists(run.folder / "summary.json"))
    throw Error(folder + ": holds no finished run: there is no summary.json");
  run.summary = read_json(run.folder / "summary.json");
  if (fs::exists(run.folder / "figures.json")) run.figures = read_json(run.folder / "figures.json");
  return run;
}

// A number of the summary, such as "/test/loss", with so many digits; empty where there is none.
std::string number(const Json& summary, const char* pointer, int digits) {
  const Json::json_pointer at(pointer);
  if (!summary.contains(at) || !summary.at(at).is_number()) return "";
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, summary.at(at).get<double>());
  return text;
}

std::vector<std::string> line_of(const Run& run) {
  const Json& s = run.summary;
  return {s.at("name").get<std::string>(),
          number(s, "/test/loss", 4),
          number(s, "/test/loss_stderr", 4),
          number(s, "/test/distortion", 4),
          number(s, "/test/kl", 4),
          number(s, "/bound/loss", 4),
          number(s, "/bound/excess", 4),
          number(s, "/bound/excess_stderr", 4),
          number(s, "/per_count/0/active", 0),
          number(s, "/per_count/0/bound/active", 0),
          number(s, "/epochs", 0),
          number(s, "/timing/total_s", 1)};
}

}  // namespace

void write_page(const PageOptions& o) {
  std::vector<Run> runs;
  for (const std::string& folder : o.runs) runs.push_back(read_run(folder));
  std::vector<std::vector<std::string>> lines;
  for (const Run& run : runs) try {
      lines.push_back(line_of(run));
    } catch (const Json::exception&) {
      throw Error((run.folder / "summary.json").string() + ": is not the summary of a run");
    }
  Report report(o.title);
  report.table(
      "On the test set, in nats per row; \"active\": latents in use with nothing given, and at the optimum",
      {"experiment", "loss", "±", "distortion", "KL", "optimum", "above it", "±", "active", "at the optimum",
       "epochs", "seconds"},
      lines);
  const fs::path base = fs::absolute(o.out).parent_path();
  for (const Run& run : runs) {
    const fs::path folder = fs::proximate(fs::absolute(run.folder), base);
    report.heading(run.summary.at("name"));
    if (fs::exists(run.folder / "report.html")) report.link("settings and results", folder / "report.html");
    for (const Json& figure : run.figures)
      report.linked_figure(figure.value("caption", ""), folder / figure.value("file", ""));
  }
  report.write(o.out);
}

}  // namespace elbow

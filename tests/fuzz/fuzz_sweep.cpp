#include <nlohmann/json.hpp>

#include "experiments/runs/sweep.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {

void sweep(std::string_view input) {
  const auto given = parts(input, 2);
  // Large numbers take long to try: they are config's to look at.
  bool small = true;
  for (const std::string& text : given)
    accepted("text", [&] { small = small && is_small(parse_json(text, "text")); });
  if (!small) return;
  const auto path = file("sweep.json", given[0]);
  file("base.json", given[1]);
  accepted(folder().string(), [&] {
    SweepPlan plan = plan_sweep(path, {}, folder() / "out");
    for (SweepRun& run : plan.runs) examine(plan, run);
  });
}

}  // namespace elbow::fuzz

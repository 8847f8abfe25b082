#include "experiments/runs/summary.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "base/config.hpp"
#include "base/machine.hpp"
#include "experiments/report/number_text.hpp"

namespace elbow {
namespace {

Json costs_json(const Costs& c) {
  return {{"loss", json_number(c.loss.mean)},
          {"distortion", json_number(c.distortion.mean)},
          {"kl", json_number(c.kl.mean)},
          {"loss_stderr", json_number(c.loss.standard_error)},
          {"distortion_stderr", json_number(c.distortion.standard_error)},
          {"kl_stderr", json_number(c.kl.standard_error)}};
}

Json point_json(const BoundPoint& b) {
  Json json = {{"loss", json_number(b.loss)},
               {"distortion", json_number(b.distortion)},
               {"kl", json_number(b.kl)},
               {"active", json_number(b.active)}};
  if (b.loss_stderr > 0) json["loss_stderr"] = b.loss_stderr;  // where masks are sampled
  return json;
}

template <class... Args> std::string format(const char* pattern, Args... args) {
  char text[300];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

// A number flush right in its column; "-" where there is none.
std::string cell(double x, int width, int digits) { return format("%*s", width, fixed(x, digits).c_str()); }

}  // namespace

std::string summary_json(const Experiment& e, const RunResult& r, int64_t epochs) {
  const Machine m = machine();
  Json s;
  s["name"] = e.name;
  s["seed"] = e.seed;
  s["device"] = name_of(e.model->device());
  if (tf32_allowed()) s["tf32"] = true;
  s["threads"] = m.threads;
  s["isa"] = m.isa;
  s["epochs"] = epochs;
  s["rows"] = e.data.test.rows();
  s["train_rows"] = e.data.train.rows();
  s["parameters"] = e.model->parameters();
  s["beta"] = json_number(e.loss.beta);
  s["train"] = costs_json(r.train);
  s["test"] = costs_json(r.test);
  if (r.figures.bound) {
    s["bound"] = point_json(*r.figures.bound);
    s["bound"]["excess"] = json_number(r.excess->mean);
    s["bound"]["excess_stderr"] = json_number(r.excess->standard_error);
  }
  s["per_count"] = Json::array();
  for (const CountResult& c : r.figures.per_count) {
    Json entry = {{"given", c.given},
                  {"rows", c.rows},
                  {"distortion", json_number(c.distortion)},
                  {"kl", json_number(c.kl)},
                  {"active", json_number(c.active)}};
    if (c.bound) entry["bound"] = point_json(*c.bound);
    s["per_count"].push_back(entry);
  }
  if (!r.figures.per_condition.empty()) s["per_condition"] = Json::array();
  for (const ConditionResult& c : r.figures.per_condition) {
    Json entry = costs_json(c.costs);
    entry["given"] = c.given;
    entry["rows"] = c.rows;
    entry["active"] = json_number(c.active);
    for (Json& list = entry["kl_per_latent"] = Json::array(); const double kl : c.kl_per_latent)
      list.push_back(json_number(kl));
    s["per_condition"].push_back(entry);
  }
  s["timing"] = {{"train_step_us", json_number(r.timing.train_step_us)},
                 {"eval_step_us", json_number(r.timing.eval_step_us)},
                 {"total_s", json_number(r.timing.total_s)}};
  s["peak_rss_mb"] = std::round(peak_rss_mb() * 10) / 10;
  return s.dump(2) + "\n";
}

std::string summary_text(const RunResult& r) {
  std::string out = "test, in nats per row: loss " + with_error(r.test.loss, 5) + ", distortion " +
                    with_error(r.test.distortion, 5) + ", KL " + with_error(r.test.kl, 5) + "\n";
  if (r.figures.bound)
    out += format("the optimum is %.5f; on the same rows the model is above it by ", r.figures.bound->loss) +
           with_error(*r.excess, 5) + "\n";
  if (!r.figures.per_count.empty() && r.figures.per_count.size() <= 17) {
    out += "  given     rows  distortion        KL  active latents";
    out += r.figures.bound ? "   (optimum: distortion, KL, active)\n" : "\n";
    for (const CountResult& c : r.figures.per_count) {
      out += format("%7ld %8ld", long(c.given), long(c.rows)) + cell(c.distortion, 12, 4) + cell(c.kl, 10, 4) +
             cell(c.active, 16, 2);
      if (c.bound) out += format("   (%.4f, %.4f, %.2f)", c.bound->distortion, c.bound->kl, c.bound->active);
      out += "\n";
    }
  }
  if (!r.figures.per_condition.empty())
    out += "given                loss  distortion        KL  active latents\n";
  for (const ConditionResult& c : r.figures.per_condition)
    out += format("%-16s", c.given.c_str()) + cell(c.costs.loss.mean, 9, 3) +
           cell(c.costs.distortion.mean, 12, 3) + cell(c.costs.kl.mean, 10, 3) + cell(c.active, 16, 0) + "\n";
  return out;
}

}  // namespace elbow

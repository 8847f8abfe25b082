#include "experiments/summary.hpp"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "autograd/backend/backend.hpp"
#include "experiments/machine.hpp"
#include "experiments/number_text.hpp"

namespace elbow {
namespace {

using Object = nlohmann::ordered_json;

// Means of no rows are not numbers, and JSON has no NaN.
Object number(double x) { return std::isfinite(x) ? Object(x) : Object(nullptr); }

Object costs_json(const Costs& c) {
  return {{"loss", number(c.loss.mean)},
          {"distortion", number(c.distortion.mean)},
          {"kl", number(c.kl.mean)},
          {"loss_stderr", number(c.loss.standard_error)},
          {"distortion_stderr", number(c.distortion.standard_error)},
          {"kl_stderr", number(c.kl.standard_error)}};
}

Object point_json(const BoundPoint& b) {
  return {{"loss", b.loss}, {"distortion", b.distortion}, {"kl", b.kl}, {"active", b.active}};
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
  Object s;
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
  s["beta"] = e.loss.beta;
  s["train"] = costs_json(r.train);
  s["test"] = costs_json(r.test);
  if (r.figures.bound) {
    s["bound"] = point_json(*r.figures.bound);
    if (r.bound_loss_stderr > 0) s["bound"]["loss_stderr"] = r.bound_loss_stderr;  // where masks are sampled
    s["bound"]["excess"] = r.excess->mean;
    s["bound"]["excess_stderr"] = r.excess->standard_error;
  }
  s["per_count"] = Object::array();
  for (const CountResult& c : r.figures.per_count) {
    Object entry = {{"given", c.given},
                    {"rows", c.rows},
                    {"distortion", number(c.distortion)},
                    {"kl", number(c.kl)},
                    {"active", number(c.active)}};
    if (c.bound) entry["bound"] = point_json(*c.bound);
    s["per_count"].push_back(entry);
  }
  if (!r.figures.per_condition.empty()) s["per_condition"] = Object::array();
  for (const ConditionResult& c : r.figures.per_condition) {
    Object entry = costs_json(c.costs);
    entry["given"] = c.given;
    entry["rows"] = c.rows;
    entry["active"] = c.active;
    entry["kl_per_latent"] = c.kl_per_latent;
    s["per_condition"].push_back(entry);
  }
  s["timing"] = {{"train_step_us", number(r.timing.train_step_us)},
                 {"eval_step_us", r.timing.eval_step_us},
                 {"total_s", r.timing.total_s}};
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

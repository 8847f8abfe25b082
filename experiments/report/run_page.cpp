#include "experiments/report/run_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

std::string duration(double seconds) {
  if (seconds < 120) return fixed(seconds, seconds < 10 ? 1 : 0) + " s";
  return seconds < 7200 ? fixed(seconds / 60, 0) + " min" : fixed(seconds / 3600, 1) + " h";
}

Report::Number measured(const std::string& name, const Estimate& e, const std::string& remark = "") {
  const int digits = digits_for(e.standard_error);
  std::string error = std::isfinite(e.standard_error) ? "± " + fixed(e.standard_error, digits) : "";
  if (!remark.empty()) error += (error.empty() ? "" : "; ") + remark;
  return {name, fixed(e.mean, digits), error};
}

/// One digit of a small number.
std::string short_text(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1g", x);
  return text;
}

/// A count as it is, and a mean of counts with two digits.
std::string count_text(double x) { return fixed(x, x == std::round(x) ? 0 : 2); }

/// Of the first count or condition, which is that nothing is given.
std::optional<Report::Number> active_latents(const RunResults& run) {
  const auto number = [](double active, std::size_t latents, const std::string& remark) {
    return Report::Number{"active latents", count_text(active) + " of " + str(latents), remark};
  };
  if (!run.per_condition.empty()) {
    const ConditionResult& nothing = run.per_condition.front();
    return number(nothing.active, nothing.kl_per_latent.size(), "nothing given");
  }
  if (run.per_count.empty() || !std::isfinite(run.per_count.front().active)) return {};
  const CountResult& least = run.per_count.front();
  const std::string given = least.given == 0 ? "nothing given" : str(least.given, " given");
  return number(least.active, least.kl_per_latent.size(),
                given + (least.optimum && std::isfinite(least.optimum->active)
                             ? "; optimum " + count_text(least.optimum->active)
                             : ""));
}

void add_count_table(Report& page, const RunResults& run, int digits) {
  constexpr std::size_t most = 17;
  const std::size_t total = run.per_count.size(), lines = std::min(total, most);
  const bool optimum = run.test.optimum.has_value();
  std::vector<std::string> header = {"given", "rows"};
  for (const char* name : {"loss", "distortion", "KL", "active"}) {
    header.push_back(name);
    if (optimum) header.push_back("optimum");
  }
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < lines; ++i) {
    const CountResult& c = run.per_count[lines == 1 ? 0 : i * (total - 1) / (lines - 1)];
    const Optimum best = c.optimum.value_or(AverageOptimum{{{no_number, no_number, no_number}, no_number}});
    auto& row = rows.emplace_back(std::vector<std::string>{str(c.given), str(c.rows)});
    const auto add = [&](double model, double at_optimum, int places) {
      row.push_back(fixed(model, places));
      if (optimum) row.push_back(fixed(at_optimum, places));
    };
    add(c.loss.mean, best.loss, digits);
    add(c.distortion.mean, best.distortion, digits);
    add(c.kl.mean, best.kl, digits);
    add(c.active, best.active, 2);
  }
  std::string caption = "By number of given columns, in nats per row of the test set";
  if (optimum) caption += "; the optimum of each quantity is in the column to its right";
  caption += ". Active: latents whose KL is above " + fixed(run.active_kl, 2) + " nats.";
  if (lines < total) caption += str(" ", lines, " of ", total, " counts; all are in results.csv.");
  page.table(caption, header, rows);
}

/// Whether the KL of each latent is known at the optimum.
bool knows_latents(const RunResults& run) {
  return std::any_of(run.per_count.begin(), run.per_count.end(),
                     [](const CountResult& c) { return c.optimum && !c.optimum->kl_per_latent.empty(); });
}

const char* const training_loss =
    " The training loss is measured while the parameters still move, and on other rows than the test loss";

std::string curves_caption(const RunResults& run) {
  return std::string(run.test.optimum ? " A good training ends flat, just above the dashed line, the optimum."
                                      : " A good training ends flat.") +
         " Bands: one standard error." + training_loss +
         (run.test.optimum ? ", so it may lie below both the test loss and the optimum."
                           : ", so it may lie below it.");
}

}  // namespace

void add_headline(Report& page, const RunResults& run) {
  const SubsetResult& test = run.test;
  std::vector<Report::Number> numbers = {measured("test loss", test.loss, "nats per row")};
  if (test.optimum)
    numbers.push_back({"optimum", fixed(test.optimum->loss, digits_for(test.loss.standard_error)),
                       test.optimum->gap > 0
                           ? "the lowest loss possible, or up to " + short_text(test.optimum->gap) + " above it"
                           : "the lowest loss possible"});
  if (test.excess) numbers.push_back(measured("excess", *test.excess, "over the optimum on the same rows"));
  numbers.push_back(measured("distortion", test.distortion));
  numbers.push_back(measured("KL", test.kl, run.beta == 1 ? "" : "weight β = " + fixed(run.beta, 2)));
  if (const auto active = active_latents(run)) numbers.push_back(*active);
  numbers.push_back({"epochs", str(run.epochs.size()), ""});
  numbers.push_back({"time", duration(run.timing.total_s), ""});
  page.numbers(numbers);
}

void add_result_tables(Report& page, const RunResults& run) {
  const int digits = digits_for(run.test.loss.standard_error);
  if (!run.per_count.empty()) add_count_table(page, run, digits);
  if (run.per_condition.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const ConditionResult& c : run.per_condition)
    rows.push_back({c.given, fixed(c.loss.mean, digits), fixed(c.loss.standard_error, digits),
                    fixed(c.distortion.mean, digits), fixed(c.kl.mean, digits), count_text(c.active)});
  page.table(
      "By what every test row is given, in nats per row of the test set. Active: latents whose KL is above " +
          fixed(run.active_kl, 2) + " nats.",
      {"given", "loss", "±", "distortion", "KL", "active"}, rows);
}

std::string encoding_test_caption(const RunResults& run) {
  const std::string loss = "Loss:" + curves_caption(run);
  if (run.per_count.empty())
    return loss +
           " Latent means: a point for each test row, on the two latents with the largest KL. Where the class "
           "is "
           "given, classes should lie on each other; where it is not, clusters show what the latents encode.";
  return loss +
         " Latent means: a point for each test row; the more is given, the less is left to encode, and the "
         "nearer to 0 "
         "the points. KL: a good model has a few active latents and leaves the others at 0" +
         (knows_latents(run) ? "; its points lie in the hollow circles, the optimum" : "") +
         (run.test.optimum
              ? ". Distortion against KL: a point for each "
                "number of given columns, and a line to its optimum, a hollow circle; the shorter, the better."
              : ". Distortion against KL: a point for each number of given columns; the nearer to the lower "
                "left, "
                "the better.");
}

std::string elbo_caption(const RunResults& run) {
  return "The loss and its two terms, epoch by epoch." + curves_caption(run);
}

std::string kld_caption(const RunResults& run) {
  return std::string(
             "KL of each latent dimension, by number of given columns, on a logarithmic axis. Latents above "
             "the "
             "dotted line count as active; in a good model the others are far below it. Hollow triangles: "
             "below "
             "0.00001 nats.") +
         (knows_latents(run) ? " Hollow circles: the optimum." : "");
}

}  // namespace elbow

#include "experiments/runs/results_files.hpp"

#include <algorithm>
#include <cmath>

#include "autograd/backend/backend.hpp"
#include "base/machine.hpp"

namespace elbow {
namespace {

void put_estimate(Json& json, const std::string& key, const Estimate& e) {
  json[key] = json_number(e.mean);
  json[key + "_stderr"] = json_number(e.standard_error);
}

double number_or_nan(const Json& json, const std::string& key) {
  return json.contains(key) ? number_from(json.at(key)) : no_number;
}

Estimate estimate_from(const Json& json, const std::string& key) {
  return {number_from(json.at(key)), number_or_nan(json, key + "_stderr")};
}

Json losses_json(const Losses& c) {
  Json json;
  put_estimate(json, "loss", c.loss);
  put_estimate(json, "distortion", c.distortion);
  put_estimate(json, "kl", c.kl);
  return json;
}

Losses losses_from(const Json& json) {
  return {estimate_from(json, "loss"), estimate_from(json, "distortion"), estimate_from(json, "kl")};
}

Json list_json(const std::vector<double>& values, size_t most) {
  Json list = Json::array();
  for (size_t i = 0; i < std::min(values.size(), most); ++i) list.push_back(json_number(values[i]));
  return list;
}

std::vector<double> list_from(const Json& json) {
  std::vector<double> values;
  for (const Json& value : json) values.push_back(number_from(value));
  return values;
}

Json subset_json(const SubsetResult& r) {
  Json json = losses_json(r);
  json["rows"] = r.rows;
  json["active"] = json_number(r.active);
  if (!r.kl_per_latent.empty()) json["kl_per_latent"] = list_json(r.kl_per_latent, r.kl_per_latent.size());
  if (!r.optimum) return json;
  const AverageOptimum& b = *r.optimum;
  Json& optimum = json["bound"] = {{"loss", json_number(b.loss)},
                                   {"distortion", json_number(b.distortion)},
                                   {"kl", json_number(b.kl)},
                                   {"active", json_number(b.active)}};
  if (b.loss_stderr > 0) optimum["loss_stderr"] = b.loss_stderr;  // where masks are sampled
  if (b.gap > 0) optimum["gap"] = b.gap;                          // where it is not exact
  if (!r.kl_per_latent.empty() &&
      !b.kl_per_latent.empty())  // beyond the model's latents the optimum's are of no use
    optimum["kl_per_latent"] = list_json(b.kl_per_latent, r.kl_per_latent.size());
  if (r.excess) put_estimate(optimum, "excess", *r.excess);
  return json;
}

// Reads the optimum on the same rows.
void read_optimum(const Json& json, SubsetResult& r) {
  AverageOptimum b;
  b.loss = number_from(json.at("loss"));
  b.distortion = number_from(json.at("distortion"));
  b.kl = number_from(json.at("kl"));
  b.active = number_from(json.at("active"));
  if (json.contains("loss_stderr")) b.loss_stderr = number_from(json.at("loss_stderr"));
  if (json.contains("gap")) b.gap = number_from(json.at("gap"));
  if (json.contains("kl_per_latent")) b.kl_per_latent = list_from(json.at("kl_per_latent"));
  r.optimum = std::move(b);
  if (json.contains("excess")) r.excess = estimate_from(json, "excess");
}

SubsetResult subset_from(const Json& json) {
  SubsetResult r{losses_from(json), json.at("rows").get<int64_t>(), number_from(json.at("active"))};
  if (json.contains("kl_per_latent")) r.kl_per_latent = list_from(json.at("kl_per_latent"));
  if (json.contains("bound")) read_optimum(json.at("bound"), r);
  return r;
}

int64_t count_from(const Json& json) { return int64_t(json.get_ref<const Json::number_unsigned_t&>()); }

std::vector<CountResult> counts_from(const Json& list) {
  std::vector<CountResult> counts;
  for (Json json : list) {
    if (!json.contains("loss")) json["loss"] = nullptr;  // as earlier versions had it
    counts.push_back({subset_from(json), count_from(json.at("given"))});
  }
  std::ranges::sort(counts, {}, &CountResult::given);
  const auto twice = std::ranges::adjacent_find(counts, {}, &CountResult::given);
  if (twice != counts.end()) throw Error(str("per_count: ", twice->given, " is in the list twice"));
  return counts;
}

}  // namespace

std::string summary_json(const Experiment& e, const RunResults& r) {
  const Machine m = machine();
  Json s;
  s["name"] = r.name;
  s["seed"] = r.seed;
  s["device"] = name_of(e.model->device());
  if (tf32_allowed()) s["tf32"] = true;
  s["threads"] = m.threads;
  s["isa"] = m.isa;
  s["epochs"] = r.epochs.empty() ? 0 : r.epochs.back().epoch;
  s["rows"] = r.test.rows;
  s["train_rows"] = e.data.train.rows();
  s["parameters"] = e.model->parameters();
  s["beta"] = json_number(r.beta);
  s["active_kl"] = json_number(r.active_kl);
  s["train"] = losses_json(r.train);
  Json test = subset_json(r.test);
  if (r.test.optimum) {  // stands by itself
    s["bound"] = test.at("bound");
    test.erase("bound");
  }
  s["test"] = test;
  if (r.best) {
    Json& best =
        s["validation"] = {{"best_epoch", r.best->epoch}, {"rows", r.best->rows}, {"metric", r.best->metric}};
    put_estimate(best, "loss", r.best->loss);
  }
  s["per_count"] = Json::array();
  for (const CountResult& c : r.per_count) {
    Json& entry = s["per_count"].emplace_back(subset_json(c));
    entry["given"] = c.given;
  }
  if (!r.per_condition.empty()) s["per_condition"] = Json::array();
  for (const ConditionResult& c : r.per_condition) {
    Json& entry = s["per_condition"].emplace_back(subset_json(c));
    entry["given"] = c.given;
  }
  if (const Json findings = findings_json(r.findings); !findings.empty()) s["analyses"] = findings;
  s["timing"] = {{"train_step_us", json_number(r.timing.train_step_us)},
                 {"eval_step_us", json_number(r.timing.eval_step_us)},
                 {"total_s", json_number(r.timing.total_s)}};
  s["peak_rss_mb"] = std::round(peak_rss_mb() * 10) / 10;
  return s.dump(2) + "\n";
}

RunResults results_from(const Json& s) {
  RunResults r;
  r.name = s.value("name", "");
  r.seed = s.at("seed").get_ref<const Json::number_unsigned_t&>();
  r.beta = number_from(s.at("beta"));
  if (s.contains("active_kl")) r.active_kl = number_from(s.at("active_kl"));
  if (s.contains("train")) r.train = losses_from(s.at("train"));
  static_cast<Losses&>(r.test) = losses_from(s.at("test"));
  r.test.rows = s.value("rows", int64_t{0});
  if (s.contains("bound")) read_optimum(s.at("bound"), r.test);
  if (s.contains("validation")) {
    const Json& best = s.at("validation");
    r.best = BestEpoch{count_from(best.at("best_epoch")), count_from(best.at("rows")), best.at("metric"),
                       estimate_from(best, "loss")};
  }
  r.per_count = counts_from(s.at("per_count"));
  r.test.active = mean_active(r.per_count);
  for (const Json& entry : s.value("per_condition", Json::array()))
    r.per_condition.push_back({subset_from(entry), entry.at("given")});
  const Json& timing = s.at("timing");
  r.timing = {number_from(timing.at("train_step_us")), number_or_nan(timing, "eval_step_us"),
              number_from(timing.at("total_s"))};
  return r;
}

namespace {

Json factors_json(const Findings::Factors& f) {
  Json json{
      {"rows", f.rows}, {"active", f.active}, {"active_units", f.active_units}, {"kl", json_number(f.kl)}};
  put_estimate(json, "information", f.information);
  json["information_above"] = json_number(f.information_above);
  json["largest_information"] = json_number(f.largest_information);
  json["prior_part"] = json_number(f.prior_part);
  json["mig"] = json_number(f.gap);
  json["disentanglement"] = json_number(f.disentanglement);
  json["completeness"] = json_number(f.completeness);
  json["informativeness"] = Json::array();
  for (size_t k = 0; k < f.names.size(); ++k)
    json["informativeness"].push_back({{"factor", f.names[k]}, {"score", json_number(f.informativeness[k])}});
  return json;
}

Findings::Factors factors_from(const Json& json) {
  Findings::Factors f;
  f.rows = json.at("rows"), f.active = json.at("active"), f.active_units = json.at("active_units");
  f.kl = number_from(json.at("kl"));
  f.information = estimate_from(json, "information");
  f.information_above = number_from(json.at("information_above"));
  f.largest_information = number_from(json.at("largest_information"));
  f.prior_part = number_from(json.at("prior_part"));
  f.gap = number_from(json.at("mig"));
  f.disentanglement = number_from(json.at("disentanglement"));
  f.completeness = number_from(json.at("completeness"));
  for (const Json& factor : json.at("informativeness")) {
    f.names.push_back(factor.at("factor"));
    f.informativeness.push_back(number_from(factor.at("score")));
  }
  return f;
}

}  // namespace

Json findings_json(const Findings& f) {
  Json json = Json::object();
  if (!f.selected.empty()) json["selection"] = {{"order", f.selected}};
  if (const FrechetCurve& curve = f.frechet; !curve.points.empty()) {
    Json points = Json::array();
    for (const FrechetPoint& p : curve.points) {
      Json& point = points.emplace_back(Json{{"given", p.given}, {"feature", p.feature}});
      put_estimate(point, "fid", {p.estimate.distance, p.estimate.standard_error});
      point["optimal_fid"] = json_number(p.optimum);
    }
    json["frechet"] = {{"rows", curve.rows}, {"noise_floor", json_number(curve.floor)}, {"points", points}};
  }
  if (const Findings::Calibration& c = f.calibration; c.rows > 0) {
    Json& entry = json["calibration"] = {{"rows", c.rows}, {"draws", c.draws}};
    put_estimate(entry, "coverage_50", c.coverage_50);
    put_estimate(entry, "coverage_90", c.coverage_90);
    put_estimate(entry, "coverage_95", c.coverage_95);
    put_estimate(entry, "crps", c.crps);
    put_estimate(entry, "crps_excess", c.crps_excess);
  }
  for (const Findings::ImageFid& i : f.image_fids) {
    Json& entry = json["image_scores"].emplace_back(
        Json{{"condition", i.condition}, {"images", i.images}, {"weights_hash", i.weights_hash}});
    put_estimate(entry, "fid", i.fid);
  }
  if (f.factors.rows > 0) json["factors"] = factors_json(f.factors);
  return json;
}

Findings findings_from(const Json& json) {
  Findings f;
  if (json.contains("selection")) f.selected = json.at("selection").at("order").get<std::vector<int64_t>>();
  if (json.contains("frechet")) {
    const Json& frechet = json.at("frechet");
    f.frechet.rows = frechet.at("rows");
    f.frechet.floor = number_from(frechet.at("noise_floor"));
    for (const Json& p : frechet.at("points")) {
      const Estimate fid = estimate_from(p, "fid");
      f.frechet.points.push_back({count_from(p.at("given")),
                                  p.at("feature").get<int64_t>(),
                                  {fid.mean, fid.standard_error},
                                  number_from(p.at("optimal_fid"))});
    }
  }
  if (json.contains("calibration")) {
    const Json& c = json.at("calibration");
    f.calibration = {count_from(c.at("rows")),        count_from(c.at("draws")),
                     estimate_from(c, "coverage_50"), estimate_from(c, "coverage_90"),
                     estimate_from(c, "coverage_95"), estimate_from(c, "crps"),
                     estimate_from(c, "crps_excess")};
  }
  if (json.contains("image_scores"))
    for (const Json& i : json.at("image_scores"))
      f.image_fids.push_back(
          {i.at("condition"), i.at("images"), i.at("weights_hash"), estimate_from(i, "fid")});
  if (json.contains("factors")) f.factors = factors_from(json.at("factors"));
  return f;
}

}  // namespace elbow

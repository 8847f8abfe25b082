#include "experiments/runs/compare/comparison.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/error.hpp"
#include "data/csv.hpp"

namespace elbow {
namespace {

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return to_text(value.get<double>());  // 4, not 4.0
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void flatten_into(const Json& value, const std::string& path, FlatSettings& out) {
  if (!value.is_object()) return void(out.emplace_back(path, text_of(value)));
  for (const auto& [key, inner] : value.items())
    flatten_into(inner, path.empty() ? key : path + "." + key, out);
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return !text.empty() && read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

// The keys in which the runs differ, in the order in which the configurations have them, the seed last.
std::vector<std::string> varied_keys(const std::vector<std::map<std::string, std::string>>& settings,
                                     const std::vector<std::string>& keys) {
  std::vector<std::string> varied;
  bool seed = false;
  for (const std::string& key : keys) {
    std::set<std::string> values;
    for (const auto& of_run : settings) {
      const auto at = of_run.find(key);
      values.insert(at == of_run.end() ? "" : "=" + at->second);
    }
    if (values.size() < 2 || key == "name") continue;
    if (key == "seed")
      seed = true;
    else
      varied.push_back(key);
  }
  if (seed) varied.push_back("seed");
  return varied;
}

// The last word of a dotted key, if no other varied key ends in the same one.
std::string short_key(const Comparison& c, const std::string& key) {
  const auto last = [](const std::string& text) { return text.substr(text.rfind('.') + 1); };
  const auto same = [&](const std::string& other) { return last(other) == last(key); };
  return std::count_if(c.varied.begin(), c.varied.end(), same) == 1 ? last(key) : key;
}

// "key=value, key=value" of the varied settings of a run, those in `without` left out.
std::string settings_text(const Comparison& c, std::size_t run, const std::set<std::string>& without) {
  std::string text;
  for (std::size_t k = 0; k < c.varied.size(); ++k)
    if (!without.contains(c.varied[k]) && !c.values[run][k].empty())
      text += (text.empty() ? "" : ", ") + short_key(c, c.varied[k]) + "=" + c.values[run][k];
  return text;
}

void find_differences(Comparison& c) {
  std::vector<std::map<std::string, std::string>> settings;
  std::vector<std::string> keys;
  for (const FinishedRun& run : c.runs) {
    FlatSettings flat = flatten(run.config);
    // by default structure_seed is the seed, and does not count as a separate setting
    std::erase(flat, std::pair(std::string("data.structure_seed"), str(run.seed)));
    settings.emplace_back(flat.begin(), flat.end());
    for (const auto& [key, value] : flat)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  c.varied = varied_keys(settings, keys);
  c.values.clear();
  for (auto& of_run : settings) {
    c.values.emplace_back();
    for (const std::string& key : c.varied) c.values.back().push_back(of_run[key]);
  }
}

// Sorts the runs by their one varied setting (the seed aside), if its values are numbers.
void sort_runs(Comparison& c) {
  const std::size_t settings = c.varied.size() - (!c.varied.empty() && c.varied.back() == "seed");
  if (settings != 1) return;
  c.group_key = c.varied[0];
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t run = 0; run < c.runs.size(); ++run) {
    const auto value = as_number(c.values[run][0]);
    if (!value) return;
    order.emplace_back(*value, run);
  }
  c.ordered = true;
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : c.runs[a.second].seed < c.runs[b.second].seed;
  });
  std::vector<FinishedRun> runs;
  for (const auto& [value, run] : order) runs.push_back(std::move(c.runs[run]));
  c.runs = std::move(runs);
  find_differences(c);
}

void call_by_folders(Comparison& c) {
  for (RunGroup& group : c.groups) {
    const FinishedRun& first = c.runs[group.runs[0]];
    group.label = first.label;
    if (group.size() == 1) continue;
    if (const std::string seed = str(",seed=", first.seed); group.label.ends_with(seed))  // as sweeps call runs
      group.label.resize(group.label.size() - seed.size());
    group.label += str(" (", group.size(), " seeds)");
  }
}

void make_groups(Comparison& c) {
  constexpr std::size_t longest_label = 40;
  std::map<std::string, std::size_t> group_of, series_of;
  for (std::size_t run = 0; run < c.runs.size(); ++run) {
    const std::string text = settings_text(c, run, {"seed"});
    const auto [at, is_new] = group_of.emplace(text, c.groups.size());
    if (is_new) {
      RunGroup group;
      group.beta = c.runs[run].beta;
      group.label = !c.group_key.empty() ? c.values[run][0] : text;
      const std::string rest = settings_text(c, run, {"seed", "loss.beta"});
      const auto [series, new_series] = series_of.emplace(rest, c.series.size());
      if (new_series) c.series.push_back(rest.size() <= longest_label ? rest : c.runs[run].label);
      group.series = series->second;
      c.groups.push_back(group);
    }
    c.groups[at->second].runs.push_back(run);
  }
  const bool too_long = std::any_of(c.groups.begin(), c.groups.end(), [](const RunGroup& group) {
    return group.label.empty() || group.label.size() > longest_label;
  });
  if (too_long) call_by_folders(c);  // a long list of settings says less than the folder's name
}

// Folders of the same name in different places are called by their whole path.
void tell_apart(std::vector<FinishedRun>& runs) {
  std::map<std::string, int> uses;
  for (const FinishedRun& run : runs) ++uses[run.label];
  for (FinishedRun& run : runs)
    if (uses[run.label] > 1) run.label = run.folder.lexically_normal().string();
}

}  // namespace

FlatSettings flatten(const Json& config) {
  FlatSettings flat;
  flatten_into(config, "", flat);
  return flat;
}

bool Comparison::beta_varies() const {
  return std::any_of(runs.begin(), runs.end(),
                     [&](const FinishedRun& run) { return run.beta != runs[0].beta; });
}

bool Comparison::has_optimum() const {
  return std::any_of(runs.begin(), runs.end(),
                     [](const FinishedRun& run) { return run.test.optimum.has_value(); });
}

Comparison make_comparison(std::vector<FinishedRun> runs) {
  Comparison c;
  c.runs = std::move(runs);
  tell_apart(c.runs);
  find_differences(c);
  sort_runs(c);
  make_groups(c);
  return c;
}

}  // namespace elbow

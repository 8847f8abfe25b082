#include "experiments/analyses/analyses.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "base/stopwatch.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/selection.hpp"
#include "cvae/subsets.hpp"
#include "data/csv.hpp"
#include "experiments/report/selection_plots.hpp"

namespace elbow {
namespace {

constexpr int64_t most_selected_from = 256;  // beyond: tens of thousands of subsets, each with all its rows
constexpr int64_t most_kl_steps = 17,
                  most_scatter_steps = 10;  // in the tables with a line for each latent or row
constexpr int64_t scatter_rows = 500;
constexpr int64_t soon_selected = 200'000;  // rows through the model: within a second or two
constexpr double tie = 0.01;  // of the loss with nothing given: what the optima of two orders may differ by

// The selection by the trained model and, on complete Gaussian sets, the exact one along with it.
struct Found {
  GreedySelection model;
  std::vector<Mask> subsets;  // after each step of the model
  std::optional<GreedyOrder> exact;
  SelectionSettings settings;
  double seconds = 0;
};

Found select(const Experiment& e, const Tell& tell) {
  const Stopwatch watch;
  Found f;
  f.settings = selection_settings(e);
  f.settings.rows = std::min(f.settings.rows, e.data.test.rows());
  const int64_t features = e.condition.features(), subsets = features * (features + 1) / 2;
  const std::string work = str("selection: ", f.settings.rows, " rows under ", subsets, " subsets");
  const bool long_work = f.settings.rows * subsets > soon_selected;
  f.model = greedy_selection(e, f.settings, [&](int64_t chosen) {
    if (long_work) tell(work, chosen, features);
  });
  for (const SelectionStep& step : f.model.steps)
    if (!std::isfinite(step.losses.loss.mean))
      throw Error(str("the loss is ", step.losses.loss.mean, " with some features given: it has no order"));
  f.subsets = subsets_of(f.model.steps);
  f.seconds = watch.seconds();
  if (!e.data.test.observed) f.exact = exact_order(e);
  return f;
}

std::string name_of(const Experiment& e, int64_t feature) {
  return feature < 0 ? "" : e.data.test.features[size_t(feature)].name;
}
CsvField number_of(int64_t feature) { return feature < 0 ? CsvField("") : CsvField(feature); }

// The features that are not given, as the original lists them: "[0, 3]".
std::string withheld(const Mask& subset) {
  std::string text;
  for (size_t f = 0; f < subset.size(); ++f)
    if (!subset[f]) text += str(text.empty() ? "" : ", ", f);
  return "[" + text + "]";
}

Optimum exact_at(const GreedyOrder& order, size_t step) {
  return step == 0 ? order.nothing_given : order.steps[step - 1].optimum;
}

CsvTable selected_features(const Experiment& e, const Found& f) {
  CsvTable table({"selected_feature_number", "selected_feature_name", "ELBO", "RCL", "KLD", "num_conds", "gain",
                  "gain_stderr", "ELBO_stderr", "exact_number", "exact_name", "exact_ELBO", "bound_ELBO"});
  for (size_t i = 0; i < f.model.steps.size(); ++i) {
    const auto& [feature, losses, gain] = f.model.steps[i];
    CsvField number = "", name = "", loss = "", optimum = "";
    if (f.exact) {
      const int64_t column = i == 0 ? -1 : f.exact->steps[i - 1].column;
      number = number_of(column), name = name_of(e, column), loss = exact_at(*f.exact, i).loss;
      optimum = e.gaussian_optimum()->at(f.subsets[i]).loss;
    }
    table.add({number_of(feature), name_of(e, feature), losses.loss.mean, losses.distortion.mean,
               losses.kl.mean, i, gain.mean, gain.standard_error, losses.loss.standard_error, number, name,
               loss, optimum});
  }
  return table;
}

// The features by the loss with each given alone, the lowest first.
std::vector<SelectionStep> ranked(std::vector<SelectionStep> first) {
  std::stable_sort(first.begin(), first.end(), [](const SelectionStep& a, const SelectionStep& b) {
    return a.losses.loss.mean < b.losses.loss.mean;
  });
  return first;
}

CsvTable first_features(const Experiment& e, const Found& f) {
  CsvTable table({"selected_feature_number", "selected_feature_name", "ELBO", "RCL", "KLD", "num_conds", "gain",
                  "gain_stderr", "ELBO_stderr", "exact_ELBO"});
  for (const auto& [feature, losses, gain] : ranked(f.model.first))
    table.add({feature, name_of(e, feature), losses.loss.mean, losses.distortion.mean, losses.kl.mean, 1,
               gain.mean, gain.standard_error, losses.loss.standard_error,
               f.exact ? CsvField(f.exact->first[size_t(feature)].loss) : CsvField("")});
  return table;
}

// KL of each latent at some of the steps, with what the figure shows of it.
CsvTable kl_per_latent(const Experiment& e, const Found& f, std::vector<CountResult>& shown) {
  CsvTable table({"latent_dim", "kl_divergence", "num_conds", "popped_cond", "cond_comb"});
  const auto rows = selection_rows(e.data.test, f.settings.rows);
  for (const int64_t step : subset_sizes(e.condition.features(), most_kl_steps)) {
    const Mask& subset = f.subsets[size_t(step)];
    SubsetEncoding encoding = encode_under(e, rows, subset);
    const auto given = number_of(f.model.steps[size_t(step)].feature);
    for (size_t l = 0; l < encoding.kl.size(); ++l)
      table.add({l, encoding.kl[l], step, given, withheld(subset)});
    CountResult& count = shown.emplace_back();
    count.given = step;
    for (const int64_t latent : encoding.order) count.kl_per_latent.push_back(encoding.kl[size_t(latent)]);
    if (!f.exact) continue;
    count.optimum.emplace();
    for (const double variance : principal_axes(e.gaussian_optimum()->covariance(), subset).variances)
      count.optimum->kl_per_latent.push_back(axis_optimum(variance, e.optimum->beta()).kl);
  }
  return table;
}

// The posteriors of some rows on the two latents with the largest KL, at some of the steps.
CsvTable kl_all(const Experiment& e, const Found& f) {
  CsvTable table({"z_means_x", "z_means_y", "z_var_x", "z_var_y", "num_conds", "cond_comb", "row",
                  "dimension_x", "dimension_y"});
  const auto rows = selection_rows(e.data.test, scatter_rows);
  for (const int64_t step : subset_sizes(e.condition.features(), most_scatter_steps)) {
    const Mask& subset = f.subsets[size_t(step)];
    const SubsetEncoding encoding = encode_under(e, rows, subset);
    const auto mu = encoding.posterior.mu.to_vector<float>(),
               log_var = encoding.posterior.marginals().log_var.to_vector<float>();
    const size_t latents = encoding.order.size(), x = size_t(encoding.order[0]);
    const std::optional<size_t> y = latents > 1 ? std::optional(size_t(encoding.order[1])) : std::nullopt;
    const auto on_y = [&](const std::vector<float>& values, size_t r) {
      return y ? CsvField(values[r * latents + *y]) : CsvField("");
    };
    for (size_t r = 0; r < rows.size(); ++r)
      table.add({mu[r * latents + x], on_y(mu, r), log_var[r * latents + x], on_y(log_var, r), step,
                 withheld(subset), rows[r], x, y ? CsvField(*y) : CsvField("")});
  }
  return table;
}

SelectionFigures figures_of(const Experiment& e, const Found& f, std::vector<CountResult> kl) {
  SelectionFigures figures;
  figures.beta = e.loss.beta;
  figures.kl = std::move(kl);
  for (size_t i = 0; i < f.model.steps.size(); ++i) {
    const auto& [feature, losses, gain] = f.model.steps[i];
    auto& step = figures.steps.emplace_back();
    step.feature = name_of(e, feature), step.losses = losses, step.gain = gain;
    if (!f.exact) continue;
    step.exact = exact_at(*f.exact, i);
    const double worse = e.gaussian_optimum()->at(f.subsets[i]).loss - step.exact->loss;
    if (worse > tie * f.exact->nothing_given.loss)
      step.exact_feature = name_of(e, f.exact->steps[i - 1].column);
  }
  for (const auto& [feature, losses, gain] : ranked(f.model.first)) {
    auto& step = figures.first.emplace_back();
    step.feature = name_of(e, feature), step.losses = losses, step.gain = gain;
    if (f.exact) step.exact = f.exact->first[size_t(feature)];
  }
  return figures;
}

std::string text_of(const Experiment& e, const Found& f) {
  constexpr size_t most = 8;
  std::string order;
  const size_t named = std::min(f.model.steps.size(), most + 1);
  for (size_t i = 1; i < named; ++i) order += (i > 1 ? ", " : "") + name_of(e, f.model.steps[i].feature);
  if (named < f.model.steps.size()) order += ", ...";
  const auto& start = f.model.steps.front().losses.loss;
  const auto& end = f.model.steps.back().losses.loss;
  std::ostringstream text;
  text.precision(4);
  text << "selection: most useful first " << order << "; loss " << start.mean << " with nothing given, "
       << end.mean << " with everything (" << f.settings.rows << " rows, " << f.settings.draws << " draws";
  text.precision(f.seconds < 10 ? 2 : 0);
  text << ", " << std::fixed << f.seconds << " s)\n";
  return text.str();
}

}  // namespace

bool selection_applies(const Experiment& e) {
  return e.condition.counts_given() && e.condition.features() <= most_selected_from;
}

AnalysisResult selection_analysis(const Experiment& e, AnalysisContext& context) {
  const Found f = select(e, context.tell);
  context.findings.selected.clear();
  for (size_t step = 1; step < f.model.steps.size(); ++step)  // the first one gives nothing
    context.findings.selected.push_back(f.model.steps[step].feature);
  std::vector<CountResult> kl;
  selected_features(e, f).write(context.folder.file("selected_features.csv"));
  first_features(e, f).write(context.folder.file("first_features.csv"));
  kl_per_latent(e, f, kl).write(context.folder.file("kl_per_lt.csv"));
  kl_all(e, f).write(context.folder.file("kl_all_lt.csv"));
  const auto figures = std::make_shared<const SelectionFigures>(figures_of(e, f, std::move(kl)));
  const auto draw = [&](void (*plot)(const SelectionFigures&, const std::filesystem::path&)) {
    return [figures, plot](const std::filesystem::path& png) { plot(*figures, png); };
  };
  const std::string optimum = f.exact ? " Hollow circles: the optimum in its own best order." : "";
  return {
      {{"greedy_barplots.png",
        "The loss as one feature after the other is given, each time the one that lowers it most: distortion "
        "and "
        "weighted KL on each other, with the standard error of their sum. The first bars should fall fast if a "
        "few "
        "features say most." +
            optimum,
        draw(plot_selection_steps)},
       {"greedy_barplots_first_selection.png",
        std::string(
            "How much of the loss each feature saves when it alone is given, with the standard error of that "
            "difference. Bars that differ by less than their errors have no order.") +
            (f.exact ? " Hollow circles: the same at the optimum." : ""),
        draw(plot_first_features)},
       {"greedy_elbo_kld_rcl_dims.png",
        std::string(
            "KL of each latent dimension, ranked, at the steps of that order: the more is given, the less is "
            "left for the latents to say.") +
            (f.exact ? " Hollow circles: the optimum." : ""),
        draw(plot_selection_kl)}},
      text_of(e, f)};
}

}  // namespace elbow

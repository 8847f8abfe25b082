#include <memory>

#include "base/text.hpp"
#include "data/csv.hpp"
#include "experiments/analyses/analyses.hpp"
#include "experiments/analyses/factor_scores.hpp"

namespace elbow {
namespace {

// One line for each factor and active latent; where none is active, one for each factor.
CsvTable table_of_factors(const FactorMap& map) {
  CsvTable table({"factor", "kind", "latent", "kl", "mutual_information", "normalised", "importance", "entropy",
                  "informativeness"});
  const auto latents = int64_t(map.latents.size());
  for (int64_t k = 0; k < int64_t(map.scores.names.size()); ++k) {
    const auto at = size_t(k);
    const char* kind = map.categorical[at] ? "class" : "number";
    const CsvField entropy(map.entropies[at]), informativeness(map.scores.informativeness[at]);
    for (int64_t l = 0; l < latents; ++l)
      table.add({map.scores.names[at], kind, map.latents[size_t(l)], map.kl[size_t(l)], map.information(l, k),
                 map.normalised(l, k), map.importance(l, k), entropy, informativeness});
    if (latents == 0) table.add({map.scores.names[at], kind, "", "", "", "", "", entropy, informativeness});
  }
  return table;
}

CsvTable table_of_scores(const Findings::Factors& s, const std::string& given) {
  CsvTable table({"rows", "given", "active", "active_units", "kl", "information", "information_stderr",
                  "information_above", "largest_information", "prior_part", "mig", "disentanglement",
                  "completeness"});
  table.add({s.rows, given, s.active, s.active_units, s.kl, s.information.mean, s.information.standard_error,
             s.information_above, s.largest_information, s.prior_part, s.gap, s.disentanglement,
             s.completeness});
  return table;
}

// "KL 5.10 = I(x; z) 4.93 +- 0.02 + KL(q(z) || p(z)) 0.17 nats"
std::string text_of_parts(const Findings::Factors& s, bool conditional) {
  std::string text = "KL " + fixed(s.kl, 2);
  if (std::isfinite(s.information.mean))
    text +=
        str(" = I(x; z", conditional ? " | c" : "", ") ", with_error(s.information, 2), " + KL(q(z",
            conditional ? " | c" : "", ") || p(z", conditional ? " | c" : "", ")) ", fixed(s.prior_part, 2));
  text += " nats";
  if (std::isfinite(s.information.mean) && !s.shows_all())
    text += str(" (the information may be larger: these rows cannot show more than ",
                fixed(s.largest_information, 2), ")");
  return text;
}

}  // namespace

bool factors_apply(const Experiment& e) {
  return !e.loss.autoencoder && e.data.test.rows() >= least_factor_rows && !factors_of(e.data.test).empty();
}

AnalysisResult factors_analysis(const Experiment& e, AnalysisContext& context) {
  const FactorRows rows = factor_rows(e);
  if (int64_t(rows.rows.size()) < least_factor_rows)
    throw Error(str("only ", rows.rows.size(), " test rows have factors that are known; there must be ",
                    least_factor_rows));
  const auto map = std::make_shared<const FactorMap>(
      factor_map(e, rows, [&](int64_t done, int64_t total) { context.tell("factors", done, total); }));
  const Findings::Factors& s = map->scores;
  context.findings.factors = s;
  const bool own = e.condition.by_attributes() && !e.condition.may_withhold();
  table_of_factors(*map).write(context.folder.file("factors.csv"));
  table_of_scores(s, own ? "all" : "nothing").write(context.folder.file("factor_scores.csv"));

  const std::string given = own ? "each row's own attributes given" : "nothing given";
  AnalysisResult result;
  result.figures.push_back(
      {"factors.png",
       str("What the active latents know of the factors that the data were made from, ", given,
           ". Left: mutual information, as a share of the factor's entropy; the MIG is how far the best "
           "latent of each factor leads. Middle: which latents a random forest uses to predict the factor; "
           "D (disentanglement) is 1 where each latent serves one factor, C (completeness) where each "
           "factor needs one latent. Right: how well it predicts rows that it has not seen. ",
           text_of_parts(s, own), "."),
       [map](const std::filesystem::path& png) { plot_factors(*map, png); }});
  result.text =
      str("factors: ", s.rows, " test rows, ", given, ": ", text_of_parts(s, own), "; ", s.active,
          " active latents, ", s.active_units, " active units; MIG ", fixed(s.gap, 2), ", disentanglement ",
          fixed(s.disentanglement, 2), ", completeness ", fixed(s.completeness, 2), "\n");
  return result;
}

}  // namespace elbow

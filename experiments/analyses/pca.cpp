#include "experiments/analyses/analyses.hpp"

#include "data/csv.hpp"
#include "experiments/report/run_plots.hpp"

namespace elbow {
namespace {

constexpr int64_t most_pca_columns = 512;

void write_table(const PrincipalComponents& p, const std::vector<std::string>& columns,
                 const std::filesystem::path& csv) {
  std::vector<std::string> header{"PC",
                                  "Most_important_feature",
                                  "PC_explained_variance",
                                  "explained_variance_ratio",
                                  "cumulative",
                                  "Most_important_name",
                                  "rows"};
  for (const std::string& name : columns) header.push_back("loading_" + name);
  CsvTable table(header);
  double cumulative = 0;
  for (size_t k = 0; k < p.variances.size(); ++k) {
    cumulative += p.ratios[k];
    std::vector<CsvField> row{str("PC", k), p.leading[k], p.variances[k],
                              p.ratios[k],  cumulative,   columns[size_t(p.leading[k])],
                              p.rows};
    for (size_t c = 0; c < columns.size(); ++c) row.emplace_back(p.components(int64_t(k), int64_t(c)));
    table.add(row);
  }
  table.write(csv);
}

}  // namespace

bool pca_applies(const Experiment& e) {
  return e.data.test.columns() <= most_pca_columns && complete_rows(e.data.test).size() >= 2;
}

AnalysisResult pca_analysis(const Experiment& e, AnalysisContext& context) {
  const Dataset& test = e.data.test;
  const std::vector<int64_t> rows = complete_rows(test);
  const PrincipalComponents p = principal_components(rows_of(test, rows).x);
  write_table(p, column_names(test), context.folder.file("pca.csv"));

  std::vector<double> exact;
  if (test.gaussian) exact = symmetric_eigenvalues(test.gaussian->covariance);
  std::string over = str(rows.size(), " test rows");
  if (int64_t(rows.size()) < test.rows())
    over += str(", those of ", test.rows(), " that have no missing entry");
  size_t most = 0;
  for (double sum = 0; most < p.ratios.size() && sum < 0.9;) sum += p.ratios[most++];
  AnalysisResult result;
  result.figures.push_back(
      {"pca.png",
       str("Variance along the principal components of the test rows, and their cumulative share. The number "
           "of components where it levels off is the number of useful latents.",
           exact.empty() ? "" : " Hollow circles: eigenvalues of the true covariance."),
       [p, exact](const std::filesystem::path& png) { plot_pca(p, exact, png); }});
  result.text =
      str("pca: over ", over, "; ", most, " of ", p.ratios.size(), " components hold 90 % of the variance\n");
  return result;
}

}  // namespace elbow

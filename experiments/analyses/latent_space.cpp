#include "experiments/analyses/analyses.hpp"

#include <algorithm>
#include <memory>

#include "cvae/evaluation.hpp"
#include "data/csv.hpp"
#include "experiments/report/latent_space_plot.hpp"

namespace elbow {
namespace {

constexpr int64_t most_figures = 8;  // a figure for each number of given ones

// "x0, x1 given"
std::string names_of_first(const Dataset& set, int64_t given) {
  if (given == 0) return "nothing given";
  std::string names;
  for (int64_t f = 0; f < given; ++f) names += (f > 0 ? ", " : "") + set.features[size_t(f)].name;
  return names + " given";
}

LatentSpace::Encoded encode(const Experiment& e, const std::vector<int64_t>& rows, int64_t given) {
  Mask subset(size_t(e.condition.features()), false);
  std::fill_n(subset.begin(), given, true);
  const SubsetEncoding encoding = encode_under(e, rows, subset);
  const auto mu = encoding.posterior.mu.to_vector<double>();  // [rows, latents]
  const size_t latents = encoding.order.size();
  LatentSpace::Encoded out;
  out.given = given;
  out.given_names = names_of_first(e.data.test, given);
  out.dimension_x = encoding.order[0];
  if (latents > 1) out.dimension_y = encoding.order[1];
  const auto on = [&](int64_t latent, double& kl, std::vector<double>& means) {
    kl = latent < 0 ? 0 : encoding.kl[size_t(latent)];
    for (size_t r = 0; r < rows.size(); ++r) means.push_back(latent < 0 ? 0 : mu[r * latents + size_t(latent)]);
  };
  on(out.dimension_x, out.kl_x, out.x);
  on(out.dimension_y, out.kl_y, out.y);
  return out;
}

CsvTable table_of(const LatentSpace& space) {
  CsvTable table({"num_conds", "row", "coordinate", "z_x", "z_y", "dimension_x", "dimension_y"});
  for (const auto& k : space.encoded)
    for (size_t r = 0; r < space.rows.size(); ++r) {
      const bool plane = k.dimension_y >= 0;
      table.add({k.given, space.rows[r], float(space.coordinate[r]), float(k.x[r]),
                 plane ? CsvField(float(k.y[r])) : CsvField(""), k.dimension_x,
                 plane ? CsvField(k.dimension_y) : CsvField("")});
    }
  return table;
}

}  // namespace

LatentSpace latent_space(const Experiment& e, int64_t most) {
  const Dataset& set = e.data.test;
  LatentSpace space;
  const std::vector<int64_t> complete = complete_rows(set);
  for (const int64_t i : evenly_spread(int64_t(complete.size()), most))
    space.rows.push_back(complete[size_t(i)]);
  if (space.rows.empty()) return space;
  if (!set.coordinate) {
    space.classes = set.classes()->classes();
    space.class_names = set.classes()->feature.categories;
  }
  for (const int64_t r : space.rows)
    space.coordinate.push_back(set.coordinate ? double(set.coordinate.data<float>()[r])
                                              : double(set.classes()->class_of(r)));
  const auto x = rows_of(set, space.rows).x.to_vector<double>();  // [rows, columns]
  space.column_names = column_names(set);
  for (int64_t column = 0; column < set.columns(); ++column) {
    auto& values = space.data.emplace_back();
    for (size_t r = 0; r < space.rows.size(); ++r)
      values.push_back(x[r * size_t(set.columns()) + size_t(column)]);
  }
  for (int64_t given = 0; given <= e.condition.features(); ++given)
    space.encoded.push_back(encode(e, space.rows, given));
  return space;
}

bool latent_space_applies(const Experiment& e) {
  const Dataset& set = e.data.test;
  return e.condition.counts_given() && e.condition.features() <= most_figures &&
         (set.coordinate || set.classes());
}

AnalysisResult latent_space_analysis(const Experiment& e, AnalysisContext& context) {
  const auto made = std::make_shared<const LatentSpace>(latent_space(e, e.evaluation.scatter_rows));
  const LatentSpace& space = *made;
  if (space.rows.empty())
    throw Error("there is no test row to show: each lacks an entry, or evaluation.scatter_rows is 0");
  table_of(space).write(context.folder.file("latent_space.csv"));
  AnalysisResult result;
  for (const auto& k : space.encoded) {
    const std::string file = str("latent_space_colormap_", k.given, ".png");
    result.figures.push_back(
        {file,
         str("The data next to the two latents with the largest KL, ", k.given_names,
             ": each test row in the colour of its ", space.classes > 0 ? "class" : "coordinate",
             ". Where the latents encode what is not given, neighbours in colour lie together; where all is "
             "known, a good model puts all rows near 0."),
         [made, &k](const std::filesystem::path& png) { plot_latent_space(*made, k, png); }});
  }
  return result;
}

}  // namespace elbow

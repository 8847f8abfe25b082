#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "cvae/likelihood.hpp"
#include "experiments/program/commands/commands.hpp"
#include "experiments/program/rows/given.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/row_reader.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow likelihood`.
struct LikelihoodOptions : RowsOptions {
  int64_t samples = 5000;       ///< of each row's posterior
  std::optional<int64_t> rows;  ///< only the first ones; 0: all; by default some of the test set, all of a file
  bool table_units = false;     ///< densities of the table's own numbers, not of the scaled ones
  /// How many rows are looked at.
  int64_t most_rows() const {
    const int64_t most = rows.value_or(data.empty() ? 1000 : 0);
    return most > 0 ? most : std::numeric_limits<int64_t>::max();
  }
};

// The first n rows of a tensor [rows, columns], or of a batch; of an undefined one undefined.
Tensor first_rows(const Tensor& t, int64_t n) { return !t || t.size(0) == n ? t : slice(t, 0, 0, n); }
Batch first_rows(const Batch& batch, int64_t n) {
  return {first_rows(batch.x, n), first_rows(batch.observed, n), first_rows(batch.input, n),
          first_rows(batch.attributes, n), batch.index.first(std::min(size_t(n), batch.index.size()))};
}

// What log p of a row gains where its numbers are those of the table: log |dx / dv| of each number v that is withheld and there, for
// x = (v - mean) / sd or, on a logarithmic scale, (log v - mean) / sd. A probability of counts or categories has no unit.
double log_units(const TableCodec& codec, const float* x, const float* observed, const float* given) {
  double sum = 0;
  for (size_t f = 0; f < codec.features().size(); ++f) {
    const Feature& feature = codec.features()[f];
    const auto at = feature.first;
    if (!is_numeric(feature.kind) || is_count(feature.kind)) continue;
    if ((observed && observed[at] == 0) || (given && given[at] != 0)) continue;
    const Scale& scale = codec.scales()[f];
    sum -= std::log(scale.sd);
    if (scale.is_logarithmic()) sum -= scale.mean + scale.sd * double(x[at]);
  }
  return sum;
}

// What was found of all rows, for the summary.
struct Found {
  std::vector<double> log_p, variance, effective;  // variance: of log_p, from the sampling
  std::vector<double> below_exact, below_best;     // by how much; of Gaussian sets

  void add(const Likelihood& l, double exact, double best) {
    log_p.push_back(l.log_p);
    variance.push_back(l.standard_error * l.standard_error);
    effective.push_back(l.effective);
    if (!std::isnan(exact)) below_exact.push_back(exact - l.log_p);
    if (!std::isnan(best)) below_best.push_back(best - l.log_p);
  }
  // The standard error of the mean of log_p that comes from the sampling alone.
  double sampling_error() const {
    double sum = 0;
    for (const double v : variance) sum += v;
    return std::sqrt(sum) / double(variance.size());
  }
};

// Means over the rows, for standard error.
std::string summary_of(const Found& found, int64_t samples) {
  if (found.log_p.empty()) return "no rows";
  const double error = found.sampling_error();
  std::string text =
      str("log-likelihood ", with_error(estimate_of(found.log_p)), " nats per row (", found.log_p.size(),
          " rows; ", fixed(estimate_of(found.effective).mean, 0), " effective samples of ", samples,
          ", at least ", fixed(*std::ranges::min_element(found.effective), 0));
  if (std::isfinite(error)) text += str("; error from sampling ", fixed(error, digits_for(error)));
  text += ")";
  if (!found.below_exact.empty())
    text += str("; exact minus model ", with_error(estimate_of(found.below_exact)));
  if (!found.below_best.empty())
    text += str("; best at this beta minus model ", with_error(estimate_of(found.below_best)));
  return text;
}

// A number that a field may lack: empty where it is not one.
std::string optional_text(double value) { return std::isnan(value) ? "" : number_text(value); }

// The run's model. For a file the run's own rows are not needed; but those of a set that is drawn cost nothing to have, and with
// them comes the set's distribution.
std::unique_ptr<Experiment> experiment_of(const LikelihoodOptions& o) {
  if (o.data.empty()) return open_run(o.run);
  auto e = open_model(o.run);
  const Dataset& set = e->data.test;
  const bool from_files = set.codec || set.image;
  return from_files ? std::move(e) : open_run(o.run);
}

// The likelihood of each row as CSV: the columns that are kept, log_likelihood and its standard_error (nats),
// effective_samples, the number of given columns, and for Gaussian sets the log-likelihood under their own distribution and under
// the best model at this beta. A summary on standard error.
void likelihood(const LikelihoodOptions& o) {
  set_threads(o.threads);
  TableOutput out(o.out, o.force);
  const auto e = experiment_of(o);
  require_likelihood(*e);
  const NoGrad no_grad;
  const uint64_t seed = o.seed.value_or(e->seed);
  const GivenFeatures given(o.given, *e);
  RowReader rows(*e, o.data, RowReader::Missing::as_trained, o.keep);
  std::optional<GaussianConditionals> gaussian;
  const bool fixed_noise = e->loss.is_squared_error();  // beta / 2, which the best model has, too
  if (e->data.test.gaussian && (fixed_noise || e->loss.is_normal())) gaussian.emplace(*e->data.test.gaussian);

  const bool by_columns = e->condition.by_columns();
  const TableCodec codec = codec_of_run(*e);
  if (o.table_units && !e->data.test.codec)
    throw Error("--table-units: the run's rows come from no table: their numbers are not scaled");
  TableHeader header;
  header.data(o.keep).added({"log_likelihood", "standard_error", "effective_samples"});
  if (by_columns) header.added({"given"});
  if (gaussian) header.added({"exact"});
  if (gaussian && fixed_noise) header.added({"best"});
  out.header(header.names());
  Found found;
  int64_t left = o.most_rows();
  for (Condition::Drawn drawn; left > 0 && rows.next();) {
    given.draw(rows.batch(), seed, rows.number(), drawn);
    const int64_t n = std::min(left, rows.batch().x.size(0));
    const Batch batch = first_rows(rows.batch(), n);
    auto model = log_likelihoods(*e, batch, first_rows(drawn.c, n), o.samples, seed, rows.number());
    const auto row_of = [&](const Tensor& t, int64_t r) {
      return t ? t.data<float>() + r * t.size(1) : nullptr;
    };
    for (int64_t r = 0; r < n && o.table_units; ++r)
      model[size_t(r)].log_p += log_units(codec, row_of(batch.x, r), row_of(batch.observed, r),
                                          by_columns ? row_of(drawn.mask, r) : nullptr);
    std::vector<double> exact(size_t(n), no_number), best = exact;
    if (gaussian) {
      const Tensor mask = by_columns ? drawn.mask : Tensor();
      exact = gaussian->log_densities(batch, mask);
      if (fixed_noise) best = gaussian->log_densities(batch, mask, e->loss.beta / 2);
    }
    for (int64_t r = 0; r < n; ++r) {
      const Likelihood& l = model[size_t(r)];
      const double exact_r = exact[size_t(r)], best_r = best[size_t(r)];
      std::vector<std::string> line = rows.kept(size_t(r));
      line.insert(line.end(), {number_text(float(l.log_p)), optional_text(l.standard_error),
                               number_text(float(l.effective))});
      if (by_columns) line.push_back(str(e->condition.count_given(drawn, r)));
      if (gaussian) line.push_back(optional_text(exact_r));
      if (gaussian && fixed_noise) line.push_back(optional_text(best_r));
      out.write(line);
      found.add(l, exact_r, best_r);
    }
    left -= n;
  }
  out.finish();
  std::cerr << summary_of(found, o.samples) << std::endl;
}

}  // namespace

void add_likelihood(Command app) {
  Command command = app.command("likelihood", "Log-likelihood of rows by importance sampling, as CSV");
  auto o = std::make_shared<LikelihoodOptions>();
  add_rows(command, *o);
  command.option("--samples", o->samples, "Number of samples from each row's posterior")
      .between(1, int64_t{1} << 31)
      .shows_default();
  command
      .option("--rows", o->rows,
              "Only the first rows, so many; 0 = all; by default 1000 of the test set, and all of a file")
      .between(0, last_row);
  command.flag("--table-units", o->table_units,
               "Densities of the table's own numbers; by default of the scaled ones that the model sees");
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { likelihood(*o); });
}

}  // namespace elbow

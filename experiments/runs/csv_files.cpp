// File and column names are those of the original testbed, so that its notebooks read these files; columns that
// it did not have stand to the right. Its sums per batch are means per row here.
#include "experiments/runs/csv_files.hpp"

#include <limits>

#include "data/csv.hpp"

namespace elbow {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();  // becomes an empty field

CsvTable costs(const RunFigures& run) {
  CsvTable table({"epoch", "total_train_losses", "total_train_rcl", "total_train_klds", "total_train_ELBO",
                  "total_test_losses", "total_test_rcl", "total_test_klds", "total_test_ELBO",
                  "total_test_losses_stderr", "total_test_rcl_stderr", "total_test_klds_stderr", "bound_losses",
                  "bound_rcl", "bound_klds"});
  const BoundPoint bound = run.bound.value_or(BoundPoint{none, none, none, none, {}});
  for (const auto& [epoch, train, test] : run.epochs)
    table.add({double(epoch), train.loss.mean, train.distortion.mean, train.kl.mean,
               train.distortion.mean + train.kl.mean, test.loss.mean, test.distortion.mean, test.kl.mean,
               test.distortion.mean + test.kl.mean, test.loss.standard_error, test.distortion.standard_error,
               test.kl.standard_error, bound.loss, bound.distortion, bound.kl});
  return table;
}

/// Calls visit(count, i, kl, the bound's kl) for each latent of each count.
template <class Visit> void for_each_latent(const RunFigures& run, Visit visit) {
  for (const auto& count : run.per_count)
    for (std::size_t i = 0; i < count.kl_per_latent.size(); ++i) {
      double bound = none;
      if (count.bound)  // of more latents than it lists, it needs none
        bound = i < count.bound->kl_per_latent.size() ? count.bound->kl_per_latent[i] : 0;
      visit(count, double(i), count.kl_per_latent[i], bound);
    }
}

CsvTable costs_per_dimension(const RunFigures& run) {
  CsvTable table({"epoch", "dimension", "test_kld_per_dim", "num_conds", "bound_kld_per_dim"});
  const double last = run.epochs.empty() ? 0 : double(run.epochs.back().epoch);
  for_each_latent(run, [&](const CountResult& count, double latent, double kl, double bound) {
    table.add({last, latent, kl, double(count.given), bound});
  });
  return table;
}

CsvTable encoding_kl_per_lt(const RunFigures& run) {
  CsvTable table({"latent_dim", "kl_divergence", "num_conds", "bound_kl_divergence"});
  for_each_latent(run, [&](const CountResult& count, double latent, double kl, double bound) {
    table.add({latent, kl, double(count.given), bound});
  });
  return table;
}

CsvTable encoding_kl_vs_rcl(const RunFigures& run) {
  CsvTable table({"num_conds", "KLD", "RCL", "ELBO", "rows", "active", "bound_KLD", "bound_RCL", "bound_ELBO",
                  "bound_active"});
  for (const auto& count : run.per_count) {
    const BoundPoint bound = count.bound.value_or(BoundPoint{none, none, none, none, {}});
    table.add({double(count.given), count.kl, count.distortion, count.distortion + run.beta * count.kl,
               double(count.rows), count.active, bound.kl, bound.distortion, bound.loss, bound.active});
  }
  return table;
}

CsvTable per_condition(const RunFigures& run) {
  CsvTable table(
      {"condition", "rows", "ELBO", "RCL", "KLD", "ELBO_stderr", "RCL_stderr", "KLD_stderr", "active"});
  for (const ConditionResult& c : run.per_condition)
    table.add({c.given, double(c.rows), c.costs.loss.mean, c.costs.distortion.mean, c.costs.kl.mean,
               c.costs.loss.standard_error, c.costs.distortion.standard_error, c.costs.kl.standard_error,
               c.active});
  return table;
}

}  // namespace

void write_csv_files(const RunFigures& run, const std::filesystem::path& folder) {
  costs(run).write(folder / "costs.csv");
  costs_per_dimension(run).write(folder / "costs_per_dimension.csv");
  encoding_kl_per_lt(run).write(folder / "encoding_kl_per_lt.csv");
  encoding_kl_vs_rcl(run).write(folder / "encoding_kl_vs_rcl.csv");
  if (!run.per_condition.empty()) per_condition(run).write(folder / "per_condition.csv");
}

}  // namespace elbow

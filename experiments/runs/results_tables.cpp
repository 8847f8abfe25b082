#include "experiments/runs/results_files.hpp"

#include <algorithm>
#include <cmath>

#include "data/csv.hpp"

namespace elbow {

namespace {

// What is not known becomes an empty field.
AverageOptimum or_none(const std::optional<AverageOptimum>& optimum) {
  return optimum.value_or(AverageOptimum{{{no_number, no_number, no_number}, no_number}});
}

// One line of results.csv.
void add_subset(CsvTable& table, const char* subset, const CsvField& given, const SubsetResult& r) {
  const AverageOptimum optimum = or_none(r.optimum);
  const Estimate excess = r.excess.value_or(Estimate{no_number, no_number});
  table.add({subset, given, r.rows, r.loss.mean, r.loss.standard_error, r.distortion.mean,
             r.distortion.standard_error, r.kl.mean, r.kl.standard_error, r.active, optimum.loss,
             optimum.distortion, optimum.kl, optimum.active, excess.mean, excess.standard_error});
}

CsvTable all_results(const RunResults& run) {
  CsvTable table({"subset", "given", "rows", "loss", "loss_stderr", "distortion", "distortion_stderr", "kl",
                  "kl_stderr", "active", "optimum_loss", "optimum_distortion", "optimum_kl", "optimum_active",
                  "excess", "excess_stderr"});
  add_subset(table, "all", "", run.test);
  for (const CountResult& count : run.per_count) add_subset(table, "count", count.given, count);
  for (const ConditionResult& condition : run.per_condition)
    add_subset(table, "labels", condition.given, condition);
  return table;
}

// File and column names of the tables below are those of the original testbed, so that its notebooks read them; columns
// that it did not have are to the right. Its sums per batch are means per row here.

CsvTable losses(const RunResults& run) {
  const bool validation =
      std::ranges::any_of(run.epochs, [](const EpochLosses& e) { return !std::isnan(e.validation.loss.mean); });
  std::vector<std::string> columns = {"epoch",
                                      "total_train_losses",
                                      "total_train_rcl",
                                      "total_train_klds",
                                      "total_train_ELBO",
                                      "total_test_losses",
                                      "total_test_rcl",
                                      "total_test_klds",
                                      "total_test_ELBO",
                                      "total_test_losses_stderr",
                                      "total_test_rcl_stderr",
                                      "total_test_klds_stderr",
                                      "bound_losses",
                                      "bound_rcl",
                                      "bound_klds"};
  if (validation)
    for (const char* name :
         {"validation_loss", "validation_loss_stderr", "validation_distortion", "validation_kl"})
      columns.emplace_back(name);
  CsvTable table(columns);
  const AverageOptimum optimum = or_none(run.test.optimum);
  for (const auto& [epoch, train, test, held] : run.epochs) {
    std::vector<CsvField> row = {double(epoch),
                                 train.loss.mean,
                                 train.distortion.mean,
                                 train.kl.mean,
                                 train.distortion.mean + train.kl.mean,
                                 test.loss.mean,
                                 test.distortion.mean,
                                 test.kl.mean,
                                 test.distortion.mean + test.kl.mean,
                                 test.loss.standard_error,
                                 test.distortion.standard_error,
                                 test.kl.standard_error,
                                 optimum.loss,
                                 optimum.distortion,
                                 optimum.kl};
    if (validation)
      for (const double value : {held.loss.mean, held.loss.standard_error, held.distortion.mean, held.kl.mean})
        row.emplace_back(value);
    table.add(row);
  }
  return table;
}

/// Calls visit(count, i, kl, the optimum's kl) for each latent of each count.
template <class Visit> void for_each_latent(const RunResults& run, Visit visit) {
  for (const auto& count : run.per_count)
    for (std::size_t i = 0; i < count.kl_per_latent.size(); ++i) {
      double optimum = no_number;
      if (count.optimum && !std::isnan(count.optimum->active))  // of more latents than it lists, it needs none
        optimum = i < count.optimum->kl_per_latent.size() ? count.optimum->kl_per_latent[i] : 0;
      visit(count, double(i), count.kl_per_latent[i], optimum);
    }
}

CsvTable costs_per_dimension(const RunResults& run) {
  CsvTable table({"epoch", "dimension", "test_kld_per_dim", "num_conds", "bound_kld_per_dim"});
  const double last = run.epochs.empty() ? 0 : double(run.epochs.back().epoch);
  for_each_latent(run, [&](const CountResult& count, double latent, double kl, double optimum) {
    table.add({last, latent, kl, double(count.given), optimum});
  });
  return table;
}

CsvTable encoding_kl_per_lt(const RunResults& run) {
  CsvTable table({"latent_dim", "kl_divergence", "num_conds", "bound_kl_divergence"});
  for_each_latent(run, [&](const CountResult& count, double latent, double kl, double optimum) {
    table.add({latent, kl, double(count.given), optimum});
  });
  return table;
}

CsvTable encoding_kl_vs_rcl(const RunResults& run) {
  CsvTable table({"num_conds", "KLD", "RCL", "ELBO", "rows", "active", "bound_KLD", "bound_RCL", "bound_ELBO",
                  "bound_active"});
  for (const auto& count : run.per_count) {
    const AverageOptimum optimum = or_none(count.optimum);
    const double kl = count.kl.mean, distortion = count.distortion.mean;
    table.add({double(count.given), kl, distortion, distortion + run.beta * kl, double(count.rows),
               count.active, optimum.kl, optimum.distortion, optimum.loss, optimum.active});
  }
  return table;
}

CsvTable per_condition(const RunResults& run) {
  CsvTable table(
      {"condition", "rows", "ELBO", "RCL", "KLD", "ELBO_stderr", "RCL_stderr", "KLD_stderr", "active"});
  for (const ConditionResult& c : run.per_condition)
    table.add({c.given, double(c.rows), c.loss.mean, c.distortion.mean, c.kl.mean, c.loss.standard_error,
               c.distortion.standard_error, c.kl.standard_error, c.active});
  return table;
}

}  // namespace

void write_tables(const RunResults& run, bool original, const OutputFolder& folder) {
  all_results(run).write(folder.file("results.csv"));
  losses(run).write(folder.file("costs.csv"));  // always: the epochs are in no other file
  if (!original) return;
  costs_per_dimension(run).write(folder.file("costs_per_dimension.csv"));
  encoding_kl_per_lt(run).write(folder.file("encoding_kl_per_lt.csv"));
  encoding_kl_vs_rcl(run).write(folder.file("encoding_kl_vs_rcl.csv"));
  if (!run.per_condition.empty()) per_condition(run).write(folder.file("per_condition.csv"));
}

}  // namespace elbow

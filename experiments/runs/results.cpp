#include "experiments/runs/results.hpp"

#include <cmath>
#include <cstdio>

#include "cvae/evaluation.hpp"
#include "cvae/training.hpp"
#include "experiments/report/text.hpp"

namespace elbow {
namespace {

template <class... Args> std::string format(const char* pattern, Args... args) {
  char text[300];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

// A number flush right in its column; "-" where there is none.
std::string cell(double x, int width, int digits) { return format("%*s", width, fixed(x, digits).c_str()); }

}  // namespace

void require_finite(const Losses& test) {
  if (!std::isfinite(test.loss.mean))
    throw Diverged(str("the loss on the test set is ", test.loss.mean,
                       ": lower the learning rate, or find the op at fault with --check-nan"));
}

double eval_step_us(const Experiment& e, double seconds, int64_t rows) {
  return seconds * 1e6 * double(e.training.batch_rows) / double(rows);
}

RunResults evaluate_run(const Experiment& e, const std::vector<EpochLosses>& epochs,
                        const std::function<void(const std::string&)>& say) {
  constexpr int64_t soon_done = 64;  // columns: within a second or two
  if (const int64_t columns = e.data.test.columns(); e.optimum && columns > soon_done)
    say(str("working out the optimum of ", columns, " columns"));
  const RowLosses rows = test_losses(e, e.evaluation.draws, e.optimum != nullptr);
  const Estimate none{no_number, no_number};
  RunResults r;
  r.name = e.name;
  r.seed = e.seed;
  r.beta = e.loss.beta;
  r.active_kl = e.evaluation.active_kl;
  r.train = epochs.empty() ? Losses{none, none, none} : epochs.back().train;
  r.test = result_of(rows);
  require_finite(r.test);
  r.epochs = epochs;
  r.per_count = per_count_results(e, rows);
  r.per_condition = per_condition_results(e, e.evaluation.draws);
  r.scatter = latent_scatter(e);
  r.test.active = mean_active(r.per_count);
  if (e.optimum)
    r.test.optimum = e.condition.uniform()
                         ? e.optimum->average_uniform(e.optimum_masks(/*least=*/2))  // 8 times
                         : e.optimum->average(e.condition.given(), e.optimum_masks(), 1, e.data.test.missing);
  return r;
}

void set_best(RunResults& results, const Experiment& e, int64_t epoch) {
  if (epoch == 0) return;
  const EpochLosses& losses = results.epochs[size_t(epoch - 1)];
  results.train = losses.train;
  results.best = BestEpoch{epoch, e.data.validation.rows(), e.training.validation.iwae ? "iwae" : "loss",
                           losses.validation.loss};
}

std::string summary_text(const RunResults& r) {
  std::string out;
  if (r.best)
    out = str("validation: the model after epoch ", r.best->epoch, " of ", r.epochs.size(), " is the best, ",
              r.best->metric, " ", with_error(r.best->loss), " on ", r.best->rows, " rows, and is kept\n");
  out += "test, in nats per row: loss " + with_error(r.test.loss) + ", distortion " +
         with_error(r.test.distortion) + ", KL " + with_error(r.test.kl) + "\n";
  if (r.test.optimum)
    out += format("the optimum is %.5f; on the same rows the model is above it by ", r.test.optimum->loss) +
           with_error(*r.test.excess) + "\n";
  if (!r.per_count.empty() && r.per_count.size() <= 17) {
    out += "  given     rows  distortion        KL  active latents";
    out += r.test.optimum ? "   (optimum: distortion, KL, active)\n" : "\n";
    for (const CountResult& c : r.per_count) {
      out += format("%7ld %8ld", long(c.given), long(c.rows)) + cell(c.distortion.mean, 12, 4) +
             cell(c.kl.mean, 10, 4) + cell(c.active, 16, 2);
      if (c.optimum)
        out += "   (" + fixed(c.optimum->distortion, 4) + ", " + fixed(c.optimum->kl, 4) + ", " +
               fixed(c.optimum->active, 2) + ")";
      out += "\n";
    }
  }
  if (!r.per_condition.empty()) out += "given                loss  distortion        KL  active latents\n";
  for (const ConditionResult& c : r.per_condition)
    out += format("%-16s", c.given.c_str()) + cell(c.loss.mean, 9, 3) + cell(c.distortion.mean, 12, 3) +
           cell(c.kl.mean, 10, 3) + cell(c.active, 16, 0) + "\n";
  return out;
}

}  // namespace elbow

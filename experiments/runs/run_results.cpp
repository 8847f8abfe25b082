#include "experiments/runs/run_results.hpp"

#include <cmath>

#include "cvae/evaluation.hpp"

namespace elbow {

void require_finite(const Costs& test) {
  if (!std::isfinite(test.loss.mean))
    throw Diverged(str("the loss on the test set is ", test.loss.mean,
                       ": lower the learning rate, or find the op at fault with --check-nan"));
}

double eval_step_us(const Experiment& e, double seconds) {
  return seconds * 1e6 * double(e.training.batch_rows) / double(e.data.test.rows());
}

RunResult evaluate_run(Experiment& e, const std::vector<EpochCosts>& epochs,
                       const std::function<void(const std::string&)>& say) {
  constexpr int64_t soon_done = 64;  // columns: within a second or two
  if (const int64_t columns = e.data.test.columns(); e.bound && columns > soon_done)
    say(str("working out the optimum of ", columns, " columns"));
  RunResult r;
  const RowCosts rows = test_costs(e, e.evaluation.draws, e.bound != nullptr);
  r.test = costs_of(rows);
  require_finite(r.test);
  const Estimate none{std::nan(""), std::nan("")};
  r.train = epochs.empty() ? Costs{none, none, none} : epochs.back().train;
  r.figures.name = e.name;
  r.figures.beta = e.loss.beta;
  r.figures.active_kl = e.evaluation.active_kl;
  r.figures.epochs = epochs;
  r.figures.per_count = per_count_results(e, rows);
  r.figures.per_condition = per_condition_results(e, e.evaluation.draws);
  r.figures.scatter = latent_scatter(e);
  if (!e.bound) return r;
  const AverageBound b = e.condition.uniform()
                             ? e.bound->average_uniform(e.bound_masks(/*least=*/2))  // 8 times
                             : e.bound->average(e.condition.given(), e.bound_masks(), 1, e.data.test.missing);
  r.figures.bound = BoundPoint{b.loss, b.distortion, b.kl, b.active, {}, b.loss_stderr};
  r.excess = estimate_of(rows.excess);
  return r;
}

}  // namespace elbow

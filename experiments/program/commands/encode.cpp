#include "experiments/program/commands/commands.hpp"

#include <memory>
#include <numeric>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "cvae/sampling.hpp"
#include "experiments/program/rows/given.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/row_reader.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow encode`.
struct EncodeOptions : RowsOptions {
  bool active = false;  ///< only the latents that are active on the run's test set under the same condition
};

// The encoder's output for each row as CSV: the columns that are kept, mu_0, ..., log_var_0, ..., kl (nats), and the number
// of given columns.
void encode(const EncodeOptions& o) {
  set_threads(o.threads);
  TableOutput out(o.out, o.force);
  const auto e = o.data.empty() || o.active ? open_run(o.run) : open_model(o.run);
  const NoGrad no_grad;
  const uint64_t seed = o.seed.value_or(e->seed);
  const GivenFeatures given(o.given, *e);
  RowReader rows(*e, o.data, RowReader::Missing::as_trained, o.keep);
  std::vector<int64_t> latents(size_t(e->model->latents()));
  std::iota(latents.begin(), latents.end(), 0);
  const bool autoencoder = e->loss.autoencoder;  // its codes are points: they have no variance, and no KL
  if (o.active && autoencoder)
    throw Error("--active: an autoencoder has no KL by which a latent could be active");
  if (o.active)
    latents =
        active_latents(*e, mean_latent_kl(*e, [&](const Batch& batch, uint64_t number, Condition::Drawn& out) {
          given.draw(batch, seed, number, out);
        }));

  const bool by_columns = e->condition.by_columns();
  TableHeader header;
  header.data(o.keep).added(numbered("mu_", latents));
  if (!autoencoder) header.added(numbered("log_var_", latents));
  header.added({"kl"});
  if (by_columns) header.added({"given"});
  out.header(header.names());
  std::vector<std::string> line;
  for (Condition::Drawn drawn; rows.next();) {
    given.draw(rows.batch(), seed, rows.number(), drawn);
    const Posterior q = e->model->encode(rows.batch().input, drawn.c);
    const auto kl = kl_of_rows(*e->model, e->loss, q, drawn.c, seed, rows.number()).to_vector<float>();
    const auto mu = q.mu.to_vector<float>(),
               log_var = q.marginals().log_var.to_vector<float>();  // [rows, latents]
    for (int64_t r = 0; r < q.mu.size(0); ++r) {
      line = rows.kept(size_t(r));
      const auto add = [&](const std::vector<float>& values) {
        for (const int64_t l : latents) line.push_back(number_text(values[size_t(r * q.mu.size(1) + l)]));
      };
      add(mu);
      if (!autoencoder) add(log_var);
      line.push_back(number_text(kl[size_t(r)]));
      if (by_columns) line.push_back(str(e->condition.count_given(drawn, r)));
      out.write(line);
    }
  }
  out.finish();
}

}  // namespace

void add_encode(Command app) {
  Command command = app.command("encode", "Posterior means and log variances of rows, as CSV");
  auto o = std::make_shared<EncodeOptions>();
  add_rows(command, *o);
  command.flag("--active", o->active,
               "Only the latents that are active: mean KL above evaluation.active_kl on the test set");
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { encode(*o); });
}

}  // namespace elbow

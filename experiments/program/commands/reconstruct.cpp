#include "experiments/program/commands/commands.hpp"

#include <memory>

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

/// The options of `elbow reconstruct`.
struct ReconstructOptions : RowsOptions {
  int64_t draws = 0;  ///< of each row's posterior, a line each; 0: its mean, one line
};

// One reconstruction of each row of a batch.
struct Reconstruction {
  std::vector<float> values;      // [rows, columns], in the units of x
  std::vector<float> distortion;  // [rows]
};

Reconstruction decode(const Experiment& e, const Tensor& z, const Tensor& c, const Batch& batch) {
  const Tensor y = e.model->decode(z, c);
  return {values_of(e.loss, y, c).to_vector<float>(),
          distortion_of(e.loss, y, batch, c, true).to_vector<float>()};
}

// The decoder's output for each row as CSV, in the units of the data, after the columns that are kept, with distortion
// and kl (nats), and the number of given columns; with draws also which row and draw it is.
void reconstruct(const ReconstructOptions& o) {
  set_threads(o.threads);
  const auto e = o.data.empty() ? open_run(o.run) : open_model(o.run);
  const NoGrad no_grad;
  const uint64_t seed = o.seed.value_or(e->seed);
  const GivenFeatures given(o.given, *e);
  const TableCodec codec = codec_of(e->data.train);
  TableOutput out(o.out, o.force, codec.format());
  RowReader rows(*e, o.data, RowReader::Missing::as_trained, o.keep);

  const bool by_columns = e->condition.by_columns();
  TableHeader header;
  header.data(o.keep);
  if (o.draws > 0) header.added({"row", "draw"});
  header.data(codec.header()).added({"distortion", "kl"});
  if (by_columns) header.added({"given"});
  out.header(header.names());
  std::vector<std::string> line;
  int64_t row = 0;  // of the data
  for (Condition::Drawn drawn; rows.next();) {
    const Batch& batch = rows.batch();
    given.draw(batch, seed, rows.number(), drawn);
    const Posterior q = e->model->encode(batch.input, drawn.c);
    const auto kl = kl_of_rows(*e->model, e->loss, q, drawn.c, seed, rows.number()).to_vector<float>();
    std::vector<Reconstruction> reconstructions;  // [draws]
    if (o.draws == 0) reconstructions.push_back(decode(*e, q.mu, drawn.c, batch));
    for (int64_t d = 0; d < o.draws; ++d) {
      const Tensor z = sample_posterior(e->loss, q, sampling_noise(seed, d, rows.number()));
      reconstructions.push_back(decode(*e, z, drawn.c, batch));
    }
    for (int64_t r = 0; r < batch.x.size(0); ++r, ++row)
      for (size_t d = 0; d < reconstructions.size(); ++d) {
        line = rows.kept(size_t(r));
        if (o.draws > 0) line.insert(line.end(), {str(row), str(d)});
        for (std::string& field : codec.decode_row(&reconstructions[d].values[size_t(r * codec.columns())]))
          line.push_back(std::move(field));
        line.push_back(number_text(reconstructions[d].distortion[size_t(r)]));
        line.push_back(number_text(kl[size_t(r)]));
        if (by_columns) line.push_back(str(e->condition.count_given(drawn, r)));
        out.write(line);
      }
  }
  out.finish();
}

}  // namespace

void add_reconstruct(Command app) {
  Command command = app.command("reconstruct", "Decoder's outputs for encoded rows, as CSV");
  auto o = std::make_shared<ReconstructOptions>();
  add_rows(command, *o);
  command
      .option(
          "--draws", o->draws,
          "Number of draws from each row's posterior, one line each; 0 = its mean, which has less distortion")
      .between(0, int64_t{1} << 31)
      .shows_default();
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { reconstruct(*o); });
}

}  // namespace elbow

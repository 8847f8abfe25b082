#include "experiments/program/commands/commands.hpp"

#include <algorithm>
#include <memory>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
#include "data/table_codec.hpp"
#include "experiments/program/rows/given.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/picture_output.hpp"
#include "experiments/program/rows/row_reader.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow traverse`. `given` holds values ("0=1.5,x2=-0.3"), around a row the names of features.
struct TraverseOptions : ConditionOptions {
  std::optional<int64_t>
      row;  ///< of the test set, whose posterior mean is the centre; nothing: the prior's mean
  int64_t steps = 11;
  double range = 3;        ///< from -range to range in equal steps
  bool quantiles = false;  ///< at the quantiles (i + 1/2) / steps of the prior instead
  bool all = false;        ///< also the latents that are not active
};

// The latents that are swept, and the numbers that each takes.
struct Sweep {
  std::vector<int64_t> latents;
  std::vector<double> kl;      // of all latents, nats per row
  std::vector<double> values;  // ascending
  Tensor z;  // [latents * values, latents of the model]: all values of the first latent, then the next
  Tensor c;  // [latents * values, width], or undefined
};

std::vector<double> steps_of(const TraverseOptions& o) {
  std::vector<double> values;
  for (int64_t i = 0; i < o.steps; ++i)
    values.push_back(o.quantiles ? normal_quantile(i, o.steps)
                                 : o.range * (2 * double(i) / double(o.steps - 1) - 1));
  return values;
}

Sweep sweep_of(const TraverseOptions& o, const ConditionArguments& arguments, const Experiment& e) {
  Sweep s;
  s.values = steps_of(o);
  s.kl = mean_latent_kl(e, [&](const Batch& batch, uint64_t, Condition::Drawn& out) {
    arguments.give_own(batch, o.row.has_value(), out);
  });
  for (const int64_t l : latents_by_kl(s.kl))
    if (o.all || s.kl[size_t(l)] > e.evaluation.active_kl) s.latents.push_back(l);
  if (s.latents.empty())
    throw Error(str("no latent is active, with a mean KL above ", e.evaluation.active_kl,
                    " nats, under that condition: --all sweeps the others too"));
  const int64_t steps = o.steps, n = int64_t(s.latents.size()) * steps, latents = e.model->latents();
  Tensor noise = Tensor::zeros({n, latents});  // z in standard deviations of the prior
  const auto swept = [&](int64_t i) { return i * latents + s.latents[size_t(i / steps)]; };
  for (int64_t i = 0; i < n; ++i) noise.data<float>()[swept(i)] = float(s.values[size_t(i % steps)]);
  if (!o.row) {
    s.c = arguments.condition(n);
    s.z = prior_points(*e.model, s.c, noise);
    return s;
  }
  const std::vector<int64_t> row{*o.row};
  const Tensor c = arguments.decoder_condition(row);
  s.c = repeated(c, n);
  const Tensor prior = prior_points(*e.model, s.c, noise);
  s.z = repeated(e.model->encode(rows_of(e.data.test, row).input, arguments.encoder_condition(row)).mu, n);
  for (int64_t i = 0; i < n; ++i) s.z.data<float>()[swept(i)] = prior.data<float>()[swept(i)];
  s.z.mark_written("traverse");
  return s;
}

void draw_sweep(const Experiment& e, const Sweep& s, const std::filesystem::path& png) {
  check_size(e, int64_t(s.values.size()), int64_t(s.latents.size()));
  GridLayout layout = labelled_layout(e, int64_t(s.values.size()));
  for (const int64_t l : s.latents)
    layout.row_labels.push_back(str("z", l, ": ", fixed(s.kl[size_t(l)], 2), " nats"));
  for (const double v : s.values) layout.column_labels.push_back(fixed(v, 1));
  write_images(e, png, decoded_pixels(e, s.z, s.c), layout);
}

void write_sweep(const Experiment& e, const ConditionArguments& arguments, const Sweep& s, TableOutput& out,
                 const TableCodec& codec) {
  out.header(TableHeader().added({"latent", "kl", "z"}).data(codec.header()).names());
  std::vector<std::string> line;
  const auto values = decoded_values(*e.model, e.loss, s.z, s.c).to_vector<float>();
  const size_t steps = s.values.size(), columns = size_t(codec.columns());
  for (size_t i = 0; i < s.latents.size() * steps; ++i) {
    const int64_t l = s.latents[i / steps];
    line = {str(l), number_text(float(s.kl[size_t(l)])), number_text(float(s.values[i % steps]))};
    std::vector<std::string> fields = codec.decode_row(values.data() + i * columns);
    for (const auto& [feature, text] : arguments.values()) fields[codec.place(feature)] = text;
    line.insert(line.end(), fields.begin(), fields.end());
    out.write(line);
  }
  out.finish();
}

// The decoder's outputs while one latent after the other goes from low to high and the others stay. For images a PNG, a
// row of pictures for each latent (unless --out names a FILE.csv). For other data CSV, a line for each step. The latent
// with the largest mean KL over the test set comes first. Inactive latents are left out unless `all`.
void traverse(const TraverseOptions& o) {
  set_threads(o.threads);
  const auto e = open_run(o.run);
  const NoGrad no_grad;
  const Dataset& test = e->data.test;
  if (o.row && *o.row >= test.rows())
    throw Error(str("--row: the test set has rows 0 to ", test.rows() - 1, ", and no ", *o.row));
  const ConditionArguments arguments(
      o, o.row ? ConditionArguments::Given::features : ConditionArguments::Given::values, *e);
  if (!o.row) arguments.condition(1);  // an error before the test set is read
  if (wants_picture(o, *e)) {
    const auto png = picture_path(o, "traverse.png");
    draw_sweep(*e, sweep_of(o, arguments, *e), png);
    return tell_picture(png);
  }
  const TableCodec codec = codec_of(e->data.train);
  TableOutput out(o.out, o.force, codec.format());
  write_sweep(*e, arguments, sweep_of(o, arguments, *e), out, codec);
}

}  // namespace

void add_traverse(Command app) {
  Command command =
      app.command("traverse", "Vary one latent at a time, as pictures of images or as CSV of other data");
  command.footer(
      "The latent with the largest mean KL over the test set comes first. The picture goes to traverse.png in "
      "the run's "
      "folder, unless --out says otherwise; --out FILE.csv has the numbers instead.");
  auto o = std::make_shared<TraverseOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option(
      "--given", o->given,
      std::string(given_values) + "; with --row the columns whose values the row gives: all, or 0,x2");
  command
      .option("--row", o->row,
              "Row of the test set, from 0: the other latents stay at its posterior mean, under its own labels "
              "unless others are given; by default they stay at the prior's mean")
      .between(0, last_row);
  command.option("--steps", o->steps, "Number of values of each latent").between(2, 101).shows_default();
  Option range =
      command
          .option("--range", o->range, "Largest value, in standard deviations of the prior (default N(0, I))")
          .positive();
  range.shows_default();
  command
      .flag("--quantiles", o->quantiles,
            "At the quantiles (i + 1/2) / steps of the prior, instead of equal steps")
      .excludes(range);
  command.flag("--all", o->all, "Also inactive latents: mean KL at most evaluation.active_kl");
  add_condition_options(command, *o);
  command.runs([o] { traverse(*o); });
}

}  // namespace elbow

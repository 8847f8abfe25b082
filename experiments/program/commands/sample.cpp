#include "experiments/program/commands/commands.hpp"

#include <algorithm>
#include <memory>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "cvae/evaluation.hpp"
#include "cvae/sampling.hpp"
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

/// The options of `elbow sample`; `given` holds values here, "0=1.5,2=-0.3".
struct SampleOptions : ConditionOptions {
  std::optional<int64_t> rows;  ///< of the table; with a picture: of pictures
  bool noise = false;           ///< add the noise that squared error implies
  bool likeliest = false;       ///< the likeliest category of each binary and categorical column, not one drawn
  bool grid = false;            ///< a picture of the images that are drawn, not a table
  bool manifold = false;        ///< a picture of the images over a plane of latents
};

// Images drawn from the model, `rows` rows of pictures. Where labels are the condition: as draw_samples (`rows` rows
// for each class, unless the class is given). Else ten to a row, all under the same condition.
void draw_sample_grid(const Experiment& e, const ConditionArguments& arguments, int64_t rows, uint64_t seed,
                      const std::filesystem::path& png) {
  if (e.condition.by_attributes()) return draw_samples(e, png, seed, {arguments.attributes(), rows});
  const GridLayout layout;
  const int64_t n = rows * layout.columns;
  const Tensor c = arguments.condition(n), z = sample_prior(*e.model, c, n, sampling_noise(seed, 0, 0));
  write_images(e, png, decoded_pixels(e, z, c), layout);
}

// The manifold of Kingma & Welling (2014, appendix A): the decoder over a plane of latents, `steps` to each side, at
// the quantiles (i + 1/2) / steps of the prior, under the given condition. The plane is that of the two latents with
// the largest KL, which grow to the right and upwards; the others are at the prior's mean. Error for a model with one
// latent, and where ConditionArguments::condition has one.
void draw_manifold(const Experiment& e, const ConditionArguments& arguments, int64_t steps,
                   const std::filesystem::path& png) {
  const int64_t latents = e.model->latents();
  if (latents < 2) throw Error("--manifold: expects a model with two latents or more");
  const Tensor c = arguments.condition(steps * steps);
  int64_t right = 0, up = 1;
  if (latents > 2) {
    const auto order =
        latents_by_kl(mean_latent_kl(e, [&](const Batch& batch, uint64_t, Condition::Drawn& out) {
          arguments.give_own(batch, false, out);
        }));
    right = order[0], up = order[1];
  }
  GridLayout layout = labelled_layout(e, steps);
  for (int64_t i = 0; i < steps; ++i) {
    layout.row_labels.push_back(str("z", up, " = ", fixed(normal_quantile(steps - 1 - i, steps), 1)));
    layout.column_labels.push_back((i == 0 ? str("z", right, " = ") : "") +
                                   fixed(normal_quantile(i, steps), 1));
  }
  const Tensor z = prior_points(*e.model, c, manifold_latents(steps, latents, right, up));
  write_images(e, png, decoded_pixels(e, z, c), layout);
}

void sample_picture(const SampleOptions& o, const Experiment& e) {
  check_images(e, o.grid ? "--grid" : "--manifold");
  const ConditionArguments arguments(o, ConditionArguments::Given::values, e);
  const std::filesystem::path png = picture_path(o, o.grid ? "samples_grid.png" : "manifold.png");
  if (o.manifold) {
    const int64_t steps = o.rows.value_or(20);
    check_size(e, steps, steps);
    draw_manifold(e, arguments, steps, png);
  } else {
    const bool by_class = e.condition.by_attributes() && !arguments.attributes()[0];
    const int64_t rows = o.rows.value_or(by_class ? 1 : 10);
    check_size(e, 12, rows * (by_class ? e.data.train.attributes[0].classes() + 1 : 1));
    draw_sample_grid(e, arguments, rows, o.seed.value_or(e.seed), png);
  }
  tell_picture(png);
}

void sample_table(const SampleOptions& o, const Experiment& e) {
  const uint64_t seed = o.seed.value_or(e.seed);
  const TableCodec codec = codec_of(e.data.train);
  const ConditionArguments arguments(o, ConditionArguments::Given::values, e);
  arguments.condition(1);  // an error before anything is written
  TableOutput out(o.out, o.force, codec.format());
  TableHeader header;
  header.data(codec.header());
  for (size_t a = 0; a < arguments.attributes().size(); ++a)
    header.added({e.data.train.attributes[a].column()});
  out.header(header.names(), codec.format().header);

  const int64_t wanted = o.rows.value_or(10);
  for (int64_t first = 0, number = 0; first < wanted; first += rows_at_once, ++number) {
    const int64_t rows = std::min(rows_at_once, wanted - first);
    const RandomKey noise = sampling_noise(seed, 0, uint64_t(number));
    const Tensor c = arguments.condition(rows), z = sample_prior(*e.model, c, rows, noise);
    const Tensor values =
        observed_values(*e.model, e.loss, e.data.train.features, z, c, {!o.likeliest, o.noise}, noise);
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<std::string> line = codec.decode_row(values.data<float>() + r * codec.columns());
      for (const auto& [feature, text] : arguments.values()) line[codec.place(feature)] = text;
      for (size_t a = 0; a < arguments.attributes().size(); ++a) line.push_back(arguments.attribute_text(a));
      out.write(line);
    }
  }
  out.finish();
}

// Rows drawn from the model as CSV, in the units of the data: z from the prior, then the decoder's output under the
// given values, which appear in every row as they were typed. Where labels are the condition the rows have the column
// `label`, and `colour` for coloured images; they are empty where a label is withheld. With `grid` or `manifold` a PNG.
void sample(const SampleOptions& o) {
  set_threads(o.threads);
  auto e = open_model(o.run);
  const NoGrad no_grad;
  if (o.manifold && e->model->latents() > 2) e = open_run(o.run);  // which latents matter, its test rows say
  if (o.grid || o.manifold)
    sample_picture(o, *e);
  else
    sample_table(o, *e);
}

}  // namespace

void add_sample(Command app) {
  Command command = app.command("sample", "Rows drawn from the model, as CSV, or as a picture of images");
  command.footer(
      "Latents are drawn from the prior (default N(0, I)). The rows are the decoder's output. Its real columns "
      "are means: --noise adds the noise that the loss implies. Pictures go to samples_grid.png and "
      "manifold.png in the run's folder, unless --out says otherwise.");
  auto o = std::make_shared<SampleOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option("--given", o->given, given_values);
  Option grid = command.flag(
      "--grid", o->grid,
      "A PNG of the images: classes row by row and colours column by column, unless they are given");
  Option manifold =
      command.flag("--manifold", o->manifold,
                   "A PNG of the images over the plane of two latents (those with the largest KL), at the "
                   "quantiles of the prior (default N(0, I))");
  command
      .option("--rows", o->rows,
              "Number of rows (10). With --grid, rows of pictures for each class (1), or in all if one class "
              "is given (10). With --manifold, pictures along each side (20)")
      .between(1, int64_t{1} << 40);
  Option noise = command.flag("--noise", o->noise,
                              "Add N(0, beta/2) to real columns under squared error (in the model's scaling)");
  Option mean = command.flag("--mean", o->likeliest,
                             "Most likely category of binary and categorical columns, instead of a random one");
  grid.excludes(manifold).excludes(noise).excludes(mean);
  manifold.excludes(noise).excludes(mean);
  add_seed(command, *o);
  add_condition_options(command, *o);
  command.runs([o] { sample(*o); });
}

}  // namespace elbow

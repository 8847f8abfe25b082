#include "experiments/program/commands/sample.hpp"

#include <algorithm>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "experiments/program/commands/generate.hpp"
#include "experiments/program/commands/picture_output.hpp"
#include "experiments/program/commands/row_reader.hpp"
#include "experiments/program/commands/sample_pictures.hpp"
#include "experiments/program/commands/table_output.hpp"
#include "experiments/program/commands/told.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

void sample_picture(const SampleOptions& o, Experiment& e) {
  check_images(e, o.grid ? "--grid" : "--manifold");
  const Told told(o, Told::Given::values, e);
  const std::filesystem::path png = picture_path(o, o.grid ? "samples_grid.png" : "manifold.png");
  e.seed = o.seed.value_or(e.seed);
  if (o.manifold) {
    const int64_t steps = o.rows.value_or(20);
    check_size(e, steps, steps);
    draw_manifold(e, told, steps, png);
  } else {
    const bool by_class = e.condition.by_label() && !told.label();
    const int64_t rows = o.rows.value_or(by_class ? 1 : 10);
    check_size(e, 12, rows * (by_class ? e.data.train.labels->classes + 1 : 1));
    draw_sample_grid(e, told, rows, png);
  }
  tell_picture(png);
}

void sample_table(const SampleOptions& o, Experiment& e) {
  const uint64_t seed = o.seed.value_or(e.seed);
  const TableCodec codec = codec_of(e.data.train);
  const Told told(o, Told::Given::values, e);
  told.condition(1);  // an error before anything is written
  TableOutput out(o.out, o.force, codec.format().separator);
  const bool by_label = e.condition.by_label(), coloured = by_label && e.data.train.colours;
  TableHeader header;
  header.data(codec.header());
  if (by_label) header.added({"label"});
  if (coloured) header.added({"colour"});
  if (codec.format().header) out.write(header.names());

  const int64_t wanted = o.rows.value_or(10);
  for (int64_t first = 0, number = 0; first < wanted; first += rows_at_once, ++number) {
    const int64_t rows = std::min(rows_at_once, wanted - first);
    const RandomKey key = latent_key(seed, 0, uint64_t(number));
    Tensor values = generate(e, normal(key, {rows, e.model->latents()}), told.condition(rows));
    draw_observations(e, {!o.likeliest, o.noise}, key, values);
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<std::string> line = codec.decode_row(values.data<float>() + r * codec.columns());
      for (const auto& [feature, text] : told.values()) line[codec.place(feature)] = text;
      if (by_label) line.push_back(told.label_text());
      if (coloured) line.push_back(told.colour_text());
      out.write(line);
    }
  }
  out.finish();
}

}  // namespace

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

}  // namespace elbow

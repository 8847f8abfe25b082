#include "experiments/program/commands/commands.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include "autograd/ops.hpp"
#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "cvae/sampling.hpp"
#include "data/table_codec.hpp"
#include "experiments/program/rows/given.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/picture_output.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/report/image_figures.hpp"
#include "experiments/report/text.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow interpolate`; `given` names features.
struct InterpolateOptions : ConditionOptions {
  std::vector<int64_t> from, to;  ///< test rows, pair by pair; empty: up to five pairs of different classes
  int64_t steps = 9;
};

using Pair = std::array<int64_t, 2>;  // test rows: from, to

// The first rows of the first ten classes, two by two; where there are no classes, the first ten rows.
std::vector<Pair> default_pairs(const Dataset& test) {
  std::vector<int64_t> ends;
  const Attribute* classes = test.classes();
  for (int32_t k = 0; classes && k < classes->classes(); ++k) {
    const auto& values = classes->values;
    const auto first = std::find(values.begin(), values.end(), float(k));
    if (first != values.end()) ends.push_back(first - values.begin());
  }
  if (ends.size() < 2) {
    ends.clear();
    for (int64_t row = 0; row < test.rows(); ++row) ends.push_back(row);
  }
  std::vector<Pair> pairs;
  for (size_t i = 0; i + 1 < ends.size() && pairs.size() < 5; i += 2) pairs.push_back({ends[i], ends[i + 1]});
  if (pairs.empty()) throw Error("the test set has one row only: there is nothing to go to");
  return pairs;
}

std::vector<Pair> pairs_of(const InterpolateOptions& o, const Dataset& test) {
  if (o.from.size() != o.to.size())
    throw Error(str("--from names ", o.from.size(), " rows and --to ", o.to.size(), ": they are pairs"));
  std::vector<Pair> pairs;
  for (size_t i = 0; i < o.from.size(); ++i) {
    pairs.push_back({o.from[i], o.to[i]});
    for (size_t end = 0; end < 2; ++end)
      if (pairs[i][end] >= test.rows())
        throw Error(str(end == 0 ? "--from" : "--to", ": the test set has rows 0 to ", test.rows() - 1,
                        ", and no ", pairs[i][end]));
  }
  return pairs.empty() ? default_pairs(test) : pairs;
}

// All lines, one below the other: those of the first pair under the condition of its first row, then of its second row
// where conditions differ, then those of the next pair.
struct Lines {
  std::vector<Pair> pairs;
  int64_t per_pair, steps;
  Tensor z, c;  // [pairs * per_pair * steps, latents], [.., width] or undefined

  double weight(int64_t step) const { return double(step) / double(steps - 1); }  // of the second row
};

Lines lines_of(const InterpolateOptions& o, const ConditionArguments& arguments, const Experiment& e) {
  Lines lines{pairs_of(o, e.data.test), 1, o.steps, {}, {}};
  std::vector<int64_t> rows;  // from, to, from, to, ...
  for (const Pair& pair : lines.pairs) rows.insert(rows.end(), pair.begin(), pair.end());
  const Tensor mu = e.model->encode(rows_of(e.data.test, rows).input, arguments.encoder_condition(rows)).mu;
  const Tensor c = arguments.decoder_condition(rows);  // [2 * pairs, width]
  const int64_t width = c ? c.size(1) : 0, latents = mu.size(1);
  for (size_t i = 0; i < rows.size() && c; i += 2) {
    const float* of = c.data<float>() + int64_t(i) * width;
    if (!std::equal(of, of + width, of + width)) lines.per_pair = 2;
  }
  const int64_t n = int64_t(lines.pairs.size()) * lines.per_pair * lines.steps;
  lines.z = Tensor::empty({n, latents});
  std::vector<int64_t> condition;  // [n]: which row of c
  for (int64_t i = 0; i < n; ++i) {
    const int64_t line = i / lines.steps, pair = line / lines.per_pair, end = line % lines.per_pair;
    const double weight = lines.weight(i % lines.steps);
    const float *from = mu.data<float>() + 2 * pair * latents, *to = from + latents;
    for (int64_t l = 0; l < latents; ++l)
      lines.z.data<float>()[i * latents + l] = float((1 - weight) * from[l] + weight * to[l]);
    condition.push_back(2 * pair + end);
  }
  if (c) lines.c = index_select(c, 0, condition);
  return lines;
}

// "as Trouser, red"
std::string condition_name(const ConditionArguments& arguments, const Dataset& test, int64_t row) {
  std::string name;
  for (size_t a = 0; a < arguments.attributes().size(); ++a) {
    const Attribute& attribute = test.attributes[a];
    name += (name.empty() ? "as " : ", ") +
            attribute.text_of(arguments.attributes()[a].value_or(attribute.values[size_t(row)]),
                              "any " + attribute.feature.name);
  }
  return name;
}

void draw_lines(const Experiment& e, const ConditionArguments& arguments, const Lines& lines,
                const std::filesystem::path& png) {
  const Dataset& test = e.data.test;
  check_size(e, lines.steps + 2, int64_t(lines.pairs.size()) * lines.per_pair);
  GridLayout layout = labelled_layout(e, lines.steps + 2);
  layout.rows_per_group = lines.per_pair;
  const auto decoded = decoded_pixels(e, lines.z, lines.c);
  const int64_t size = test.columns();
  std::vector<float> pixels;
  const auto add_original = [&](int64_t row) {
    const auto original = test.x.range(row, 1).to_vector<float>();
    pixels.insert(pixels.end(), original.begin(), original.end());
  };
  int64_t line = 0;
  for (const Pair& pair : lines.pairs)
    for (int64_t end = 0; end < lines.per_pair; ++end, ++line) {
      add_original(pair[0]);
      const auto first = decoded.begin() + line * lines.steps * size;
      pixels.insert(pixels.end(), first, first + lines.steps * size);
      add_original(pair[1]);
      layout.row_labels.push_back(condition_name(arguments, test, pair[size_t(end)]));
    }
  layout.column_labels.emplace_back("from");
  for (int64_t i = 0; i < lines.steps; ++i) layout.column_labels.push_back(fixed(lines.weight(i), 1));
  layout.column_labels.emplace_back("to");
  write_images(e, png, pixels, layout);
}

void write_lines(const Experiment& e, const Lines& lines, TableOutput& out, const TableCodec& codec) {
  out.header(TableHeader().added({"from", "to", "condition", "weight"}).data(codec.header()).names());
  std::vector<std::string> line;
  const auto values = decoded_values(*e.model, e.loss, lines.z, lines.c).to_vector<float>();
  const float* row = values.data();
  for (const Pair& pair : lines.pairs)
    for (int64_t end = 0; end < lines.per_pair; ++end)
      for (int64_t i = 0; i < lines.steps; ++i, row += codec.columns()) {
        line = {str(pair[0]), str(pair[1]), str(pair[size_t(end)]), number_text(float(lines.weight(i)))};
        for (std::string& field : codec.decode_row(row)) line.push_back(std::move(field));
        out.write(line);
      }
  out.finish();
}

// The decoder's outputs for points on the line between the posterior means of two test rows. For images a PNG (unless
// --out names a FILE.csv), for other data CSV. Where the conditions of the two rows differ, once under each.
void interpolate(const InterpolateOptions& o) {
  set_threads(o.threads);
  const auto e = open_run(o.run);
  const NoGrad no_grad;
  const ConditionArguments arguments(o, ConditionArguments::Given::features, *e);
  if (wants_picture(o, *e)) {
    const auto png = picture_path(o, "interpolation.png");
    draw_lines(*e, arguments, lines_of(o, arguments, *e), png);
    return tell_picture(png);
  }
  const TableCodec codec = codec_of(e->data.train);
  TableOutput out(o.out, o.force, codec.format());
  write_lines(*e, lines_of(o, arguments, *e), out, codec);
}

}  // namespace

void add_interpolate(Command app) {
  Command command =
      app.command("interpolate",
                  "Decode points between two test rows' latents, as pictures of images or CSV of other data");
  command.footer(
      "The points lie on the line between the two posterior means. They are decoded under the condition of "
      "each end. The picture goes to interpolation.png in the run's folder, unless --out says otherwise; "
      "--out FILE.csv writes the numbers instead.");
  auto o = std::make_shared<InterpolateOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command
      .option("--from", o->from,
              "Row of the test set, from 0, where the line starts; 3,6 for two lines; by default the first row "
              "of every other class")
      .between(0, last_row)
      .delimiter(',')
      .one_each();
  command
      .option("--to", o->to,
              "Row where the line ends, one for each row of --from; by default the first row of the next class")
      .between(0, last_row)
      .delimiter(',')
      .one_each();
  command.option("--given", o->given,
                 "Columns of each end that are given to the model: none, all, or a list of names or numbers; "
                 "label=CLASS and "
                 "colour=NAME where labels are the condition");
  command.option("--steps", o->steps, "Number of points on each line, including its ends")
      .between(2, 101)
      .shows_default();
  add_condition_options(command, *o);
  command.runs([o] { interpolate(*o); });
}

}  // namespace elbow

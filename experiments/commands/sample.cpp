#include "experiments/commands/sample.hpp"

#include <algorithm>
#include <map>

#include "autograd/ops.hpp"
#include "experiments/commands/generate.hpp"
#include "experiments/commands/given.hpp"
#include "experiments/commands/row_reader.hpp"
#include "experiments/commands/table_output.hpp"
#include "experiments/finished_run.hpp"
#include "experiments/machine.hpp"

namespace elbow {
namespace {

// What every row is given.
struct GivenRow {
  std::map<size_t, std::string> text;  // of the given features, by their place
  std::vector<float> x;                // [columns], 0 where nothing is given
  Mask subset;                         // [features]
  std::string label;                   // of a model with the label as its condition
};

GivenRow read_given(const std::string& list, const Experiment& e, const TableCodec& codec) {
  GivenRow row{{}, std::vector<float>(size_t(codec.columns()), 0), Mask(codec.features().size(), false), {}};
  std::vector<float> observed(row.x.size(), 0);
  for (const auto& [key, value] : assignments_of(list)) {
    if (e.condition.by_label()) {
      if (key != "label" || !row.label.empty())
        throw Error("--given: the model's condition is the label: label=CLASS, once");
      row.label = value;
      continue;
    }
    if (!e.condition.by_columns()) throw Error("--given: the model was trained without a condition");
    try {
      const size_t f = feature_of(codec, key);
      if (!row.text.emplace(f, value).second) throw Error(str("column ", key, " is given twice"));
      codec.encode(f, value, row.x.data(), observed.data());
      if (observed[size_t(codec.features()[f].first)] == 0) throw Error(str("column ", key, " has no value"));
      row.subset[f] = true;
    } catch (const Error& error) { throw Error(str("--given: ", error.what())); }
  }
  if (e.condition.by_label() && row.label.empty())
    throw Error("--given: the model wants to know the label: --given label=CLASS");
  return row;
}

// So many rows that are all alike.
struct AlikeRows {
  std::vector<int32_t> labels;
  Batch batch;
  AlikeRows(const Experiment& e, const GivenRow& given, int64_t rows) {
    std::vector<float> x;
    for (int64_t r = 0; r < rows; ++r) x.insert(x.end(), given.x.begin(), given.x.end());
    batch.x = Tensor::from(x, {rows, int64_t(given.x.size())});
    if (e.condition.by_label()) labels.assign(size_t(rows), class_of(*e.data.train.labels, given.label));
    batch.labels = labels;
  }
};

}  // namespace

void sample(const SampleOptions& o) {
  set_threads(o.threads);
  const auto e = open_run(o.run);
  const NoGrad no_grad;
  const uint64_t seed = o.seed.value_or(e->seed);
  const TableCodec codec = codec_of(e->data.train);
  const GivenRow given = read_given(o.given, *e, codec);
  TableOutput out(o.out, o.force, codec.format().separator);
  const bool by_label = e->condition.by_label();
  std::vector<std::string> header = codec.names();
  if (by_label) header.emplace_back("label");
  if (codec.format().header) out.write(header);

  Condition::Drawn drawn;
  for (int64_t first = 0, number = 0; first < o.rows; first += rows_at_once, ++number) {
    const AlikeRows alike(*e, given, std::min(rows_at_once, o.rows - first));
    const int64_t rows = alike.batch.x.size(0);
    if (e->condition.by_columns())
      e->condition.give(alike.batch, given.subset, drawn);
    else
      e->condition.apply(alike.batch, drawn);
    const RandomKey key = latent_key(seed, 0, uint64_t(number));
    Tensor values = generate(*e, normal(key, {rows, e->model->latents()}), drawn.c);
    draw_observations(*e, {!o.likeliest, o.noise}, key, values);
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<std::string> line = codec.decode_row(values.data<float>() + r * codec.columns());
      for (const auto& [feature, text] : given.text) line[feature] = text;
      if (by_label) line.push_back(given.label);
      out.write(line);
    }
  }
  out.finish();
}

}  // namespace elbow

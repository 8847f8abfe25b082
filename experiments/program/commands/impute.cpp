#include "experiments/program/commands/commands.hpp"

#include <algorithm>
#include <memory>

#include "autograd/tape.hpp"
#include "base/machine.hpp"
#include "experiments/program/rows/imputation.hpp"
#include "experiments/program/rows/options.hpp"
#include "experiments/program/rows/row_reader.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/runs/opened_run.hpp"

namespace elbow {
namespace {

/// The options of `elbow impute`.
struct ImputeOptions : RowsOptions {
  int64_t draws = 64;     ///< of the latents, for each row
  bool sd = false;        ///< also the standard deviation of the draws, for columns of numbers
  bool multiple = false;  ///< each draw as a separate row, instead of their mean
  bool noise = false;     ///< each draw of a number has the noise of p(x | z)
};

// A copy of the data in which missing fields are filled. What a row has is given to the model as its condition; what it
// lacks is the mean over draws from p(x | c), z ~ p(z | c), or the likeliest category of the mean probabilities. Fields
// that are there keep their text. Columns that the file lacks are added at the end.
void impute(const ImputeOptions& o) {
  set_threads(o.threads);
  const auto e = open_model(o.run);
  const NoGrad no_grad;
  if (!e->condition.by_columns())
    throw Error(o.run +
                ": its model was not trained with given columns (condition.kind = columns), so that it cannot "
                "impute some from others");
  if (o.noise && !o.sd && !o.multiple)
    throw Error("--noise: a mean has none: ask for --sd or --multiple as well");
  if (o.sd && o.draws < 2) throw Error("--sd: there is no standard deviation of one draw");
  const uint64_t seed = o.seed.value_or(e->seed);
  const TableCodec codec = codec_of_run(*e);
  RowReader rows(*e, o.data, RowReader::Missing::allowed, o.keep);
  TableOutput out(o.out, o.force, codec.format());

  std::vector<int64_t> places = rows.places();  // where each feature goes in a line
  std::vector<std::string> columns = rows.names();
  for (size_t f = 0; f < places.size(); ++f)
    if (places[f] < 0) {
      places[f] = int64_t(columns.size());
      columns.push_back(codec.features()[f].name);
    }
  std::vector<std::pair<size_t, std::string>> constants;  // where they go, and what they are
  for (const Constant& c : codec.constants()) {
    const auto at = std::find(columns.begin(), columns.end(), c.name);
    constants.emplace_back(at - columns.begin(), c.text());
    if (at == columns.end()) columns.push_back(c.name);
  }
  const auto is_missing = [&](const std::string& text) {
    return codec.format().is_missing(text) || is_usual_mark_of_numbers(text);
  };
  const size_t width = columns.size();
  const auto& features = codec.features();
  TableHeader header;
  if (o.multiple) header.added({"draw"});
  header.data(columns);
  for (const Feature& f : features)
    if (o.sd && is_numeric(f.kind)) header.added({f.name + "_sd"});
  out.header(header.names(), codec.format().header);

  while (rows.next()) {
    const Imputation imputed =
        impute(*e, codec, {o.draws, o.multiple, o.noise, seed}, rows.batch(), rows.number());
    const size_t d = size_t(codec.columns());
    for (size_t r = 0; r < rows.text().size(); ++r) {
      const float* there = rows.batch().observed.data<float>() + r * d;
      const auto filled = [&](const std::vector<float>& values) {
        std::vector<std::string> line = rows.text()[r];
        line.resize(width);
        for (size_t f = 0; f < features.size(); ++f)
          if (there[features[f].first] == 0) line[size_t(places[f])] = codec.decode(f, &values[r * d]);
        for (const auto& [place, text] : constants)
          if (is_missing(line[place])) line[place] = text;
        return line;
      };
      for (size_t draw = 0; draw < imputed.draws.size(); ++draw) {
        std::vector<std::string> line = filled(imputed.draws[draw]);
        line.insert(line.begin(), str(draw));
        out.write(line);
      }
      if (o.multiple) continue;
      std::vector<std::string> line = filled(imputed.mean);
      for (size_t f = 0; f < features.size() && o.sd; ++f) {
        if (!is_numeric(features[f].kind)) continue;
        const size_t at = size_t(features[f].first);
        const Scale& scale = codec.scales()[f];
        const double unit = scale.is_logarithmic() ? 1 : scale.sd;
        std::string sd = there[at] == 0 ? number_text(imputed.sd[r * d + at] * unit) : "";
        std::replace(sd.begin(), sd.end(), '.', codec.format().decimal);
        line.push_back(std::move(sd));
      }
      out.write(line);
    }
  }
  out.finish();
}

}  // namespace

void add_impute(Command app) {
  Command command = app.command("impute", "Fill the missing fields of a table");
  command.footer(
      "The model is conditioned on the fields present in a row. Missing fields are the mean of draws from "
      "p(missing | given).");
  auto o = std::make_shared<ImputeOptions>();
  command.option("run", o->run, "Folder of a finished run, trained with given columns").required();
  command.option("data", o->data, "CSV, .npy or .npz file; fields may be empty (NaN), columns may be absent")
      .required();
  command.option("--draws", o->draws, "Number of draws for each row; their mean is taken")
      .between(1, int64_t{1} << 31)
      .shows_default();
  Option sd = command.flag("--sd", o->sd,
                           "Add columns NAME_sd: the standard deviation of the draws, for columns of numbers");
  command
      .flag("--multiple", o->multiple,
            "Multiple imputation: a row for each draw, with its number in the column draw; what has a learned "
            "distribution (categories, counts, numbers with learned noise) is drawn from it")
      .excludes(sd);
  command.flag("--noise", o->noise,
               "Draw numbers with the noise that latents leave: the learned one, or N(0, beta/2) under squared "
               "error (in the model's scaling)");
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { impute(*o); });
}

}  // namespace elbow

#include "experiments/program/commands/register.hpp"

#include <iostream>
#include <memory>

#include "experiments/program/arguments.hpp"
#include "experiments/program/commands/encode.hpp"
#include "experiments/program/commands/evaluate.hpp"
#include "experiments/program/commands/impute.hpp"
#include "experiments/program/commands/interpolate.hpp"
#include "experiments/program/commands/reconstruct.hpp"
#include "experiments/program/commands/sample.hpp"
#include "experiments/program/commands/traverse.hpp"

namespace elbow {
namespace {

void add_evaluate(Command app) {
  Command command = app.command("evaluate", "Evaluate the model of a finished run again");
  auto o = std::make_shared<EvaluateOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.settings(o->settings,
                   "Change a setting of the run, such as seed=7 (other test rows), data.test_rows=100000, "
                   "evaluation.draws=64, loss.beta=0.5 (may be repeated)");
  command.option("--out", o->out, "Folder for summary.json and the tables; by default none are written");
  command.flag("--force", o->force, "Write over an earlier evaluation in that folder");
  command.flag("--json", o->json, "Print the summary as JSON");
  command.threads(o->threads);
  command.device();
  command.runs([o] { evaluate(*o, std::cout); });
}

// What the commands on rows have in common.
void add_common(Command command, RowsOptions& o) {
  command.option("--out", o.out, "File for the result; by default it goes to standard output");
  command.flag("--force", o.force, "Write over an existing file");
  command.threads(o.threads);
  command.device();
}

void add_seed(Command command, RowsOptions& o) {
  command.option("--seed", o.seed, "Seed of random numbers, instead of the run's").whole_number();
}

constexpr auto given_columns =
    "Columns that the model is told: none, all, random (as in the evaluation), or a list of names or numbers "
    "from 0, such "
    "as 0,2; by default none";

void add_keep(Command command, RowsOptions& o) {
  command
      .option("--keep", o.keep,
              "Columns of the file, such as id,name, that are copied to the result, also those that the model "
              "does not know")
      .delimiter(',')
      .one_each();
}

void add_encode(Command app) {
  Command command = app.command("encode", "Posterior means and log variances of rows, as CSV");
  auto o = std::make_shared<EncodeOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option("data", o->data, "CSV file with the model's columns; by default the run's test set");
  command.option("--given", o->given, given_columns);
  command.flag("--active", o->active,
               "Only the latents that are active: mean KL above evaluation.active_kl on the test set");
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { encode(*o); });
}

void add_reconstruct(Command app) {
  Command command = app.command("reconstruct", "What the decoder makes of encoded rows, as CSV");
  auto o = std::make_shared<ReconstructOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option("data", o->data, "CSV file with the model's columns; by default the run's test set");
  command.option("--given", o->given, given_columns);
  command
      .option("--draws", o->draws,
              "Draws from each row's posterior, a line each; 0 = its mean, which has less distortion")
      .between(0, int64_t{1} << 31)
      .shows_default();
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { reconstruct(*o); });
}

// What the commands that decode latents have in common.
void add_told(Command command, ToldOptions& o) {
  command.option("--label", o.label,
                 "The class that the model is told, by name or number, where labels are its condition; none: "
                 "withheld, where that may be");
  command.option("--colour", o.colour, "The same for the colour of coloured images: red, green, blue");
  add_common(command, o);
}

constexpr auto given_values =
    "Values that all rows have, by the columns' names or numbers from 0, such as 0=1.5,2=-0.3; label=CLASS "
    "and colour=NAME where labels are the condition";

constexpr int64_t last_row = int64_t{1} << 40;

void add_sample(Command app) {
  Command command = app.command("sample", "Rows drawn from the model, as CSV, or as a picture of images");
  command.footer(
      "Latents are drawn from N(0, I); the rows are the decoder's answer. Its real columns are means: --noise "
      "adds the noise "
      "that the loss stands for. Pictures go to samples_grid.png and manifold.png in the run's folder, unless "
      "--out says otherwise.");
  auto o = std::make_shared<SampleOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option("--given", o->given, given_values);
  Option grid = command.flag(
      "--grid", o->grid,
      "A PNG of the images: classes row by row and colours column by column, as far as they are not told");
  Option manifold =
      command.flag("--manifold", o->manifold,
                   "A PNG of the images over the plane of two latents (those with the largest KL), at the "
                   "quantiles of N(0, 1)");
  command
      .option("--rows", o->rows,
              "How many rows (10); of pictures with --grid: for each class (1), or in all where one class "
              "is told (10); with --manifold: to each side (20)")
      .between(1, int64_t{1} << 40);
  Option noise = command.flag("--noise", o->noise,
                              "Add N(0, beta/2) to real columns under squared error (in the model's scaling)");
  Option mean = command.flag("--mean", o->likeliest,
                             "The likeliest category of binary and categorical columns, not one drawn");
  grid.excludes(manifold).excludes(noise).excludes(mean);
  manifold.excludes(noise).excludes(mean);
  add_seed(command, *o);
  add_told(command, *o);
  command.runs([o] { sample(*o); });
}

void add_traverse(Command app) {
  Command command =
      app.command("traverse", "Each latent swept while the others stay: pictures of images, CSV of other data");
  command.footer(
      "The latent with the largest mean KL over the test set comes first. The picture goes to traverse.png in "
      "the run's "
      "folder, unless --out says otherwise; --out FILE.csv has the numbers instead.");
  auto o = std::make_shared<TraverseOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command.option(
      "--given", o->given,
      std::string(given_values) + "; with --row the columns whose values the row tells: all, or 0,x2");
  command
      .option(
          "--row", o->row,
          "Row of the test set, from 0, around whose posterior mean to go, with its own labels unless others "
          "are told; by default around 0")
      .between(0, last_row);
  command.option("--steps", o->steps, "How many values of each latent").between(2, 101).shows_default();
  Option range = command.option("--range", o->range, "From minus that to plus that").positive();
  range.shows_default();
  command
      .flag("--quantiles", o->quantiles,
            "At the quantiles (i + 1/2) / steps of N(0, 1), instead of equal steps")
      .excludes(range);
  command.flag("--all", o->all, "Also the latents whose mean KL is not above evaluation.active_kl");
  add_told(command, *o);
  command.runs([o] { traverse(*o); });
}

void add_interpolate(Command app) {
  Command command =
      app.command("interpolate",
                  "From one test row to another between their latents: pictures of images, CSV of other data");
  command.footer(
      "Decoded are points on the line between the posterior means, under the condition of each end. The "
      "picture goes to "
      "interpolation.png in the run's folder, unless --out says otherwise; --out FILE.csv has the numbers "
      "instead.");
  auto o = std::make_shared<InterpolateOptions>();
  command.option("run", o->run, "Folder of a finished run").required();
  command
      .option("--from", o->from,
              "Row of the test set, from 0, to begin at; 3,6 for two lines; by default the first row of every "
              "other class")
      .between(0, last_row)
      .delimiter(',')
      .one_each();
  command
      .option("--to", o->to,
              "Row to go to, or as many as there are to begin at; by default the first row of the next class")
      .between(0, last_row)
      .delimiter(',')
      .one_each();
  command.option(
      "--given", o->given,
      "Columns that each end tells the model: none, all, or a list of names or numbers; label=CLASS and "
      "colour=NAME where labels are the condition");
  command.option("--steps", o->steps, "How many points on each line, its ends with them")
      .between(2, 101)
      .shows_default();
  add_told(command, *o);
  command.runs([o] { interpolate(*o); });
}

void add_impute(Command app) {
  Command command = app.command("impute", "Fill the missing fields of a CSV file");
  command.footer(
      "What a row has is given to the model as its condition; what it lacks is the mean of draws from "
      "p(missing | given).");
  auto o = std::make_shared<ImputeOptions>();
  command.option("run", o->run, "Folder of a finished run, trained with given columns").required();
  command.option("data", o->data, "CSV file; fields may be empty, columns may be absent").required();
  command.option("--draws", o->draws, "Draws for each row, of which the mean is taken")
      .between(1, int64_t{1} << 31)
      .shows_default();
  Option sd =
      command.flag("--sd", o->sd, "Add columns NAME_sd: the standard deviation of the draws, for real columns");
  command
      .flag("--multiple", o->multiple,
            "Multiple imputation: a row for each draw, with its number in the column draw, categories drawn")
      .excludes(sd);
  command.flag("--noise", o->noise,
               "Add N(0, beta/2) to the draws of real columns under squared error (in the model's scaling)");
  add_keep(command, *o);
  add_seed(command, *o);
  add_common(command, *o);
  command.runs([o] { impute(*o); });
}

}  // namespace

void add_run_commands(Command app) {
  add_evaluate(app);
  add_encode(app);
  add_reconstruct(app);
  add_sample(app);
  add_traverse(app);
  add_interpolate(app);
  add_impute(app);
}

}  // namespace elbow

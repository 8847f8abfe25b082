#include "experiments/program/rows/options.hpp"

namespace elbow {

void add_common(Command command, RowsOptions& o) {
  command.option("--out", o.out,
                 "File for the result, .csv, .npy or .npz; by default it goes to standard output");
  command.flag("--force", o.force, "Write over an existing file");
  command.threads(o.threads);
  command.device();
}

void add_seed(Command command, RowsOptions& o) {
  command.option("--seed", o.seed, "Seed of random numbers, instead of the run's").whole_number();
}

void add_rows(Command command, RowsOptions& o) {
  command.option("run", o.run, "Folder of a finished run").required();
  command.option("data", o.data,
                 "CSV, .npy or .npz file with the model's columns; by default the run's test set");
  command.option("--given", o.given, given_columns);
}

void add_keep(Command command, RowsOptions& o) {
  command
      .option("--keep", o.keep,
              "Columns of the file, such as id,name, that are copied to the result, also those that the model "
              "does not know")
      .delimiter(',')
      .one_each();
}

void add_condition_options(Command command, ConditionOptions& o) {
  command.option(
      "--label", o.label,
      "Class that is given to the model, by name or number, if labels are its condition; none: withheld, "
      "if the model was trained with it withheld");
  command.option("--colour", o.colour, "The same for the colour of coloured images: red, green, blue");
  add_common(command, o);
}

}  // namespace elbow

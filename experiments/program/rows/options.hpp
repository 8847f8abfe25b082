#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiments/program/arguments.hpp"

namespace elbow {

/// The options of commands on rows of data.
struct RowsOptions {
  std::string run;                    ///< folder of a finished run
  std::string data;                   ///< CSV file; empty: the run's test set
  std::string out;                    ///< file for the result; empty: standard output
  std::string given;                  ///< which columns are given
  std::vector<std::string> keep;      ///< columns of the file that are copied to the result
  std::optional<uint64_t> seed = {};  ///< of random numbers, instead of the run's
  int threads = 0;
  bool force = false;  ///< write over an existing file
};

/// The options of commands that decode latents: the labels given to the model, by name or number; "none" for
/// one to be withheld. `given` may contain the same.
struct ConditionOptions : RowsOptions {
  std::string label, colour;
};

/// Adds --out, --force, --threads and --device.
void add_common(Command command, RowsOptions& options);
/// Adds --seed.
void add_seed(Command command, RowsOptions& options);
/// Adds the run, the data and --given, for a model whose columns may be given.
void add_rows(Command command, RowsOptions& options);
/// Adds --keep.
void add_keep(Command command, RowsOptions& options);
/// Adds --label and --colour, and what add_common() adds.
void add_condition_options(Command command, ConditionOptions& options);

/// @name The help of --given
/// @{
inline constexpr auto given_columns =
    "Columns that are given to the model: none, all, random (as in the evaluation), or a list of names or "
    "numbers "
    "from 0, such as 0,2; by default none";
inline constexpr auto given_values =
    "Values that all rows have, by the columns' names or numbers from 0, such as 0=1.5,2=-0.3; label=CLASS "
    "and colour=NAME where labels are the condition";
/// @}

/// The highest row of a test set that an option may name.
inline constexpr int64_t last_row = int64_t{1} << 40;

}  // namespace elbow

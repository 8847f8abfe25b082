#pragma once
#include <string>
#include <vector>

namespace elbow {

/// What `elbow schema FILE` and `elbow describe FILE` were asked for.
struct SchemaOptions {
  std::string table;
  std::string separator;                   ///< empty: found out
  bool header = false, no_header = false;  ///< neither: found out
  bool dates = false;                      ///< take columns of dates as numbers of days
  std::string out;                         ///< a new file; empty: the terminal
  bool force = false;                      ///< write over existing files
};

/// Guesses what the columns of a table are, and writes it as a schema to be looked over by hand; on standard error, what should be
/// looked at. Error if the table cannot be read or `out` is there already.
void write_schema(const SchemaOptions& options);

/// Prints what the columns of a table are taken for, what they hold, and what was noticed.
void describe_table(const SchemaOptions& options);

/// What `elbow write-table CONFIG` was asked for.
struct WriteTableOptions {
  std::string config;
  std::vector<std::string> settings;  ///< path.to.key=value
  std::string out;                    ///< the CSV file; the schema goes beside it
  bool force = false;                 ///< write over existing files
  int digits = 17;                    ///< most significant digits of a number
};

/// Writes the training rows of an experiment's data as a text table, FILE.csv, with its schema, FILE.schema.json: what
/// the source `table` reads. Error for a bad configuration, or if a file is there already (unless `force`).
void write_table(const WriteTableOptions& options);

}  // namespace elbow

// `elbow schema` and `elbow describe`: one report on a table, as a schema or in words.
#include "experiments/program/commands/commands.hpp"

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "data/table_report.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace {

/// The options of `elbow schema FILE` and `elbow describe FILE`.
struct SchemaOptions {
  std::string table;
  std::string separator;                   ///< empty: detected
  bool header = false, no_header = false;  ///< neither: detected
  bool dates = false;                      ///< take columns of dates as numbers of days
  std::string out;                         ///< a new file; empty: the terminal
  bool force = false;                      ///< write over existing files
};

TableReport report_for(const SchemaOptions& o) {
  TableHints hints;
  if (o.separator == "tab")
    hints.separator = '\t';
  else if (o.separator == "blank")
    hints.separator = ' ';
  else if (o.separator.size() > 1)
    throw Error("--separator: must be one character, tab or blank, not \"" + o.separator + '"');
  else if (!o.separator.empty())
    hints.separator = o.separator[0];
  if (o.header || o.no_header) hints.header = o.header;
  hints.dates = o.dates;
  return report_of(o.table, hints);
}

// Guesses what the columns of a table are, and writes that as a schema for the user to check; notes go to standard
// error. Error if the table cannot be read or `out` is there already.
void write_schema(const SchemaOptions& o) {
  std::error_code none;
  if (!o.out.empty() && std::filesystem::equivalent(o.out, o.table, none))
    throw Error("--out: " + o.out + " is the table itself");
  if (!o.out.empty()) check_output_file(o.out, o.force);
  const TableReport report = report_for(o);
  for (const std::string& note : report.all_notes()) std::cerr << plain_text("note: " + note) << '\n';
  const std::string text = schema_text(report.schema());
  if (o.out.empty())
    std::cout << text;
  else
    write_file_atomically(o.out, text);
}

// Prints what the columns of a table are taken for, what they hold, and what was noticed.
void describe_table(const SchemaOptions& o) { std::cout << plain_text(description_text(report_for(o)), true); }

void add_table_options(Command& command, SchemaOptions& o) {
  command.option("table", o.table, "CSV or TSV file, plain or gzipped; .npy or .npz file").required();
  command.option("--separator", o.separator,
                 "Between two fields: a character, tab or blank; by default detected");
  const Option header =
      command.flag("--header", o.header, "The first line names the columns; by default detected");
  command.flag("--no-header", o.no_header, "The first line is a row").excludes(header);
  command.flag("--dates", o.dates, "Read columns of dates as numbers of days");
}

}  // namespace

void add_schema(Command app) {
  Command command = app.command("schema", "Guess the schema of a text table, to start from");
  auto o = std::make_shared<SchemaOptions>();
  add_table_options(command, *o);
  command.option("--out", o->out, "File for the schema; by default the terminal");
  command.flag("--force", o->force, "Write over an existing file");
  command.runs([o] { write_schema(*o); });
}

void add_describe(Command app) {
  Command command =
      app.command("describe", "What the columns of a text table hold, and what they are taken for");
  auto o = std::make_shared<SchemaOptions>();
  add_table_options(command, *o);
  command.runs([o] { describe_table(*o); });
}

}  // namespace elbow

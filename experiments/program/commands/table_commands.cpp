#include "experiments/program/commands/table_commands.hpp"

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/plain_text.hpp"
#include "data/sources.hpp"
#include "data/table_report.hpp"
#include "experiments/program/commands/table_output.hpp"
#include "experiments/runs/output_file.hpp"

namespace elbow {

namespace {

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

}  // namespace

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

void describe_table(const SchemaOptions& o) { std::cout << plain_text(description_text(report_for(o)), true); }

void write_table(const WriteTableOptions& o) {
  const std::filesystem::path schema = std::filesystem::path(o.out).replace_extension(".schema.json");
  for (const std::filesystem::path& file : {std::filesystem::path(o.out), schema})
    check_output_file(file, o.force);
  Json json = read_json(o.config);
  for (const std::string& s : o.settings) set_setting(json, s);
  const Config config(json, o.config);
  const Dataset set = make_data(config.section("data"), config.get<uint64_t>("seed", uint64_t{1})).train;
  const TableCodec codec = codec_of(set);
  TableOutput out(o.out, o.force);
  out.write(codec.header());
  for (int64_t r = 0; r < set.rows(); ++r) {
    const Tensor x = set.x.range(r, 1);
    std::vector<std::string> fields = codec.decode_row(x.data<float>(), o.digits);
    for (size_t f = 0; f < codec.features().size() && set.observed; ++f)
      if (set.observed.data<float>()[r * set.columns() + codec.features()[f].first] == 0)
        fields[codec.place(f)].clear();
    out.write(fields);
  }
  out.finish();
  write_file_atomically(schema, schema_text(schema_of(codec)));
  std::cout << set.rows() << " rows are in " << o.out << ", their schema in " << schema.string() << '\n';
}

}  // namespace elbow

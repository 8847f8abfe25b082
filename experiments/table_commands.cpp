#include "experiments/table_commands.hpp"

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "autograd/error.hpp"
#include "data/sources.hpp"
#include "data/table_schema.hpp"
#include "experiments/commands/table_output.hpp"
#include "experiments/output_file.hpp"
#include "nn/files.hpp"

namespace elbow {

void write_schema(const SchemaOptions& o) {
  std::optional<char> separator;
  if (o.separator == "tab")
    separator = '\t';
  else if (!o.separator.empty())
    separator = o.separator[0];
  if (o.separator.size() > 1 && o.separator != "tab")
    throw Error("--separator: must be one character, or tab, not \"" + o.separator + '"');
  if (!o.out.empty()) check_output_file(o.out, o.force);
  const std::string text = schema_text(guess_schema(o.table, separator));
  if (o.out.empty())
    std::cout << text;
  else
    write_file_atomically(o.out, text);
}

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
  out.write(codec.names());
  for (int64_t r = 0; r < set.rows(); ++r) {
    const Tensor x = set.x.range(r, 1);
    std::vector<std::string> fields = codec.decode_row(x.data<float>(), o.digits);
    for (size_t f = 0; f < fields.size() && set.observed; ++f)
      if (set.observed.data<float>()[r * set.columns() + codec.features()[f].first] == 0) fields[f].clear();
    out.write(fields);
  }
  out.finish();
  write_file_atomically(schema, schema_text(schema_of(codec)));
  std::cout << set.rows() << " rows are in " << o.out << ", their schema in " << schema.string() << '\n';
}

}  // namespace elbow

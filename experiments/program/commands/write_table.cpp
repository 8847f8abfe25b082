#include "experiments/program/commands/commands.hpp"

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "data/sources.hpp"
#include "data/table_report.hpp"
#include "experiments/program/rows/table_output.hpp"
#include "experiments/runs/run_folder.hpp"

namespace elbow {
namespace {

/// The options of `elbow write-table CONFIG`.
struct WriteTableOptions {
  std::string config;
  std::vector<std::string> settings;  ///< path.to.key=value
  std::string out;                    ///< the CSV file; the schema goes next to it
  bool force = false;                 ///< write over existing files
  int digits = 17;                    ///< most significant digits of a number
};

// Writes the training rows of an experiment's data as a text table, FILE.csv, with its schema, FILE.schema.json: what
// the source `table` reads. Error for a bad configuration, or if a file is there already (unless `force`).
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
  out.header(codec.header());
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

}  // namespace

void add_write_table(Command app) {
  Command command =
      app.command("write-table", "Write the training rows of a configuration as CSV, with a schema");
  auto o = std::make_shared<WriteTableOptions>();
  command.option("config", o->config, "Configuration file").required();
  command
      .option("--out", o->out,
              "The table, FILE.csv, FILE.npy or FILE.npz; FILE.schema.json is written next to it")
      .required();
  command.settings(o->settings);
  command.flag("--force", o->force, "Write over existing files");
  command.option("--digits", o->digits, "Most significant digits of a number").between(1, 17);
  command.runs([o] { write_table(*o); });
}

}  // namespace elbow

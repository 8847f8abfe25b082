#include <nlohmann/json.hpp>
#include <numeric>

#include "data/table_columns.hpp"
#include "data/table_report.hpp"
#include "fuzz/support.hpp"
#include "fuzz/targets.hpp"

namespace elbow::fuzz {
namespace {

// What is written of the records reads back as the same ones.
void read_and_write(const std::filesystem::path& path, const TableFormat& format) {
  const auto records_in = [&](const std::filesystem::path& file) {
    TableFile table(file, format);
    std::vector<std::vector<std::string>> records = {table.names()};
    for (std::vector<std::string> fields; table.next(fields);) records.push_back(fields);
    return records;
  };
  const auto records = records_in(path);
  std::string text = "\xEF\xBB\xBF";  // else a name that begins with this mark would lose it
  for (size_t i = format.header ? 0 : 1; i < records.size(); ++i)
    text += record_text(records[i], format.separator);
  require(records_in(file("again.csv", text)) == records, "a table reads back otherwise");
}

// Both ways of encoding a table give the same numbers.
void encode(const std::filesystem::path& path, const TableSchema& schema) {
  const TableColumns text = read_text_table(path, schema);
  if (text.rows == 0) return;
  std::vector<int64_t> all(size_t(text.rows));
  std::iota(all.begin(), all.end(), int64_t{0});
  accepted("column ", [&] {
    const TableCodec codec = fit_codec(text, schema.format, all);
    const TableRows rows = encode_rows(text, codec, all), again = read_table(path, codec);
    require(
        rows.x.to_vector() == again.x.to_vector() && rows.observed.to_vector() == again.observed.to_vector(),
        "two encodings differ");
    for (int64_t r = 0; r < text.rows; ++r) codec.decode_row(rows.x.data<float>() + r * codec.columns());
  });
}

TableSchema read(const std::string& text, const std::string& name) {
  const Config config(parse_json(text, name), name);
  const TableSchema schema = read_schema(config, name, "");
  config.done();
  return schema;
}

}  // namespace

void csv(std::string_view input) {
  const auto given = parts(input, 2);
  const auto path = file("table.csv", given[1]);
  TableSchema schema;
  if (accepted("schema.json", [&] { schema = read(given[0], "schema.json"); }))
    accepted(path.string(), [&] {
      read_and_write(path, schema.format);
      encode(path, schema);
    });
  accepted(path.string(), [&] {
    const std::string guess = schema_text(report_of(path).schema());
    require(schema_text(read(guess, "guess")) == guess, "the guess reads back otherwise: " + guess);
    encode(path, read(guess, "guess"));
  });
}

void schema(std::string_view input) {
  accepted("schema.json", [&] {
    const TableSchema schema = read(std::string(input), "schema.json");
    if (schema.columns.empty()) return;  // schema_text lists columns
    const std::string text = schema_text(schema);
    require(schema_text(read(text, "again")) == text, "a schema reads back otherwise: " + text);
  });
}

}  // namespace elbow::fuzz

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/random.hpp"
#include "base/streams.hpp"
#include "data/distribution.hpp"
#include "data/sources.hpp"
#include "data/table_columns.hpp"

namespace elbow {
namespace {

// `schema` is a file, which is added to `inputs`, or the schema itself. What is known of the columns takes its place.
TableSchema schema_of(const Config& data, const KnownData& known, std::vector<std::filesystem::path>& inputs) {
  if (!data.has("schema"))
    data.fail("schema", "must be given: what the columns are (`elbow schema FILE` writes one to start from)");
  const Json value = data.get<Json>("schema");
  TableSchema s;
  if (!value.is_string()) {
    s = read_schema(data.section("schema"), "", "data.schema");
  } else if (!known.codec) {
    const std::filesystem::path file = known.find(value.get<std::string>());
    const Config schema = Config::read(file);
    s = read_schema(schema, file.string(), "");
    schema.done();
    inputs.push_back(file);
  }
  if (!known.codec) return s;
  s = resolved_schema(*known.codec);
  for (TableSchema::Column& column : s.columns) column.closed = false;
  return s;
}

// All rows, or the first n if the setting says n.
std::span<const int64_t> limited(const Config& data, const std::string& setting,
                                 std::span<const int64_t> rows) {
  const auto wanted = data.get_optional<int64_t>(setting, at_least(1));
  if (!wanted) return rows;
  if (*wanted > int64_t(rows.size())) data.fail(setting, str("there are only ", rows.size(), " such rows"));
  return rows.first(size_t(*wanted));
}

// Error unless the table has the codec's columns, in the codec's order.
void check_columns(const TableColumns& table, const TableCodec& codec) {
  const auto names = codec.header();
  for (size_t i = 0; i < names.size(); ++i)
    if (i >= table.columns.size() || table.columns[i].schema.name != names[i])
      throw Error(str("its columns are not in the order of the table that was trained on: \"", names[i],
                      "\" is not number ", i));
}

bool has_zero(const Tensor& observed) {
  const float* values = observed.data<float>();
  return std::find(values, values + observed.numel(), 0.0f) != values + observed.numel();
}

Dataset dataset_of(const TableRows& rows, const std::shared_ptr<const TableCodec>& codec,
                   bool anything_missing) {
  Dataset set;
  set.x = Rows(rows.x);
  set.features = codec->features();
  if (anything_missing) set.observed = rows.observed;
  set.codec = codec;
  std::vector<double> mean, sd;
  for (const Scale& s : codec->scales()) {
    mean.push_back(s.mean);
    sd.push_back(s.sd);
  }
  set.extras["mean"] = Tensor::from(mean, {int64_t(mean.size())});
  set.extras["sd"] = Tensor::from(sd, {int64_t(sd.size())});
  return set;
}

}  // namespace

/// A text table (CSV, TSV) with its schema: docs/tables.md. Options: path; schema, a file or the schema itself;
/// test_fraction (default 0.2), the share of the rows that test; train_rows and test_rows (default null: all of
/// them). The rows are put in an order that depends on structure_seed, and then cut in two; scaling and categories are fitted
/// on the training rows, scaling on those that are not held out. extras: "mean" and "sd" of each feature. Paths are relative to the current folder.
DataSplit table(const Config& data, uint64_t seed, const KnownData& known) {
  const auto name = data.get<std::string>("path");
  DataSplit split;
  split.inputs = {known.find(name)};
  TableSchema schema = schema_of(data, known, split.inputs);
  Limits inside = above(0);
  inside.high = 1;
  inside.high_included = false;
  const double test_fraction = data.get<double>("test_fraction", 0.2, inside);
  const std::string path = split.inputs.front().string();
  TableColumns text = read_text_table(path, schema);
  if (!schema.format.header) schema.format.names = text.names;
  if (text.rows < 2) throw Error(str(path, ": has ", text.rows, " row(s): too few to train and to test"));
  const auto order = permutation({structure_seed(data, seed), stream::structure, 0}, text.rows);
  const auto tested = std::clamp<int64_t>(std::llround(double(text.rows) * test_fraction), 1, text.rows - 1);
  const std::span<const int64_t> all(order);
  const auto train = limited(data, "train_rows", all.first(size_t(text.rows - tested)));
  const auto test = limited(data, "test_rows", all.last(size_t(tested)));
  try {
    split.warnings = text.notes;
    const auto codec = known.codec ? known.codec
                                   : std::make_shared<const TableCodec>(fit_codec(
                                         text, schema.format, train, &split.warnings, known.held_out, seed));
    check_columns(text, *codec);
    TableRows test_rows = encode_rows(text, *codec, test, &split.warnings);
    const bool missing = known.missing || has_zero(test_rows.observed) || text.anything_missing;
    split.train = dataset_of(encode_rows(text, *codec, train), codec, missing);
    split.test = dataset_of(test_rows, codec, missing);
    return split;
  } catch (const Error& e) { throw Error(str(path, ": ", e.what())); }
}

}  // namespace elbow

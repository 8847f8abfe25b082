#include <cmath>
#include <nlohmann/json.hpp>

#include "autograd/random.hpp"
#include "data/law.hpp"
#include "data/table_columns.hpp"
#include "nn/streams.hpp"

namespace elbow {
namespace {

// `schema` is a file, or the schema itself.
TableSchema schema_of(const Config& data) {
  if (!data.has("schema"))
    data.fail("schema", "must be given: what the columns are (`elbow schema FILE` writes one to start from)");
  const Json value = data.get<Json>("schema");
  if (!value.is_string()) return read_schema(data.section("schema"), "", "data.schema");
  const std::string file = value.get<std::string>();
  const Config schema = Config::read(file);
  TableSchema s = read_schema(schema, file, "");
  schema.done();
  return s;
}

// The first so many of the rows, where the setting says how many.
std::span<const int64_t> limited(const Config& data, const std::string& setting,
                                 std::span<const int64_t> rows) {
  const auto wanted = data.get_optional<int64_t>(setting, at_least(1));
  if (!wanted) return rows;
  if (*wanted > int64_t(rows.size())) data.fail(setting, str("there are only ", rows.size(), " such rows"));
  return rows.first(size_t(*wanted));
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
/// on the training rows. extras: "mean" and "sd" of each feature. Paths are relative to the current folder.
DataSplit table(const Config& data, uint64_t seed) {
  const auto path = data.get<std::string>("path");
  const TableSchema schema = schema_of(data);
  Limits inside = above(0);
  inside.high = 1;
  inside.high_included = false;
  const double test_fraction = data.get<double>("test_fraction", 0.2, inside);
  TextTable text = read_text_table(path, schema);
  if (text.rows < 2) throw Error(str(path, ": has ", text.rows, " row(s): too few to train and to test"));
  const auto order = permutation({structure_seed(data, seed), stream::structure, 0}, text.rows);
  const auto tested = std::clamp<int64_t>(std::llround(double(text.rows) * test_fraction), 1, text.rows - 1);
  const std::span<const int64_t> all(order);
  const auto train = limited(data, "train_rows", all.first(size_t(text.rows - tested)));
  const auto test = limited(data, "test_rows", all.last(size_t(tested)));
  try {
    const auto codec = std::make_shared<const TableCodec>(fit_codec(text, schema.format, train));
    DataSplit split;
    split.inputs = {path};
    if (const Json file = data.get<Json>("schema"); file.is_string())
      split.inputs.emplace_back(file.get<std::string>());
    TableRows test_rows = encode_rows(text, *codec, test, &split.warnings);
    const bool missing = text.anything_missing || !split.warnings.empty();
    split.train = dataset_of(encode_rows(text, *codec, train), codec, missing);
    split.test = dataset_of(test_rows, codec, missing);
    return split;
  } catch (const Error& e) { throw Error(str(path, ": ", e.what())); }
}

}  // namespace elbow

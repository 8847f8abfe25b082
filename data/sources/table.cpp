#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

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
  if (s.format.names.empty()) s.format.names = known.codec->header();  // of arrays, which have none
  for (TableSchema::Column& column : s.columns) column.closed = false;
  return s;
}

// Where the table lies that a setting names, which may be an array of a file (ArrayPath). The file is added to `inputs`.
std::string find_table(const std::string& name, const KnownData& known,
                       std::vector<std::filesystem::path>& inputs) {
  const ArrayPath path(name);
  inputs.push_back(known.find(path.file.string()));
  return inputs.back().string() + (path.array.empty() ? "" : ":" + path.array);
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

/// A table (CSV, TSV, .npy, .npz) with its schema: docs/tables.md. Options: path; schema, a file or the schema itself;
/// test_fraction (default 0.2), the share of the rows that test; test_path (default null), another file whose rows test
/// instead, in their order; train_rows and test_rows (default null: all of them). The rows are put in an order that depends on
/// structure_seed, and then cut in two; scaling and categories are fitted on the training rows, scaling on those that are not
/// held out. extras: "mean" and "sd" of each feature. Paths are relative to the current folder.
DataSplit table(const Config& data, uint64_t seed, const KnownData& known) {
  const auto name = data.get<std::string>("path");
  DataSplit split;
  const std::string path = find_table(name, known, split.inputs);
  TableSchema schema = schema_of(data, known, split.inputs);
  Limits inside = above(0);
  inside.high = 1;
  inside.high_included = false;
  const auto test_name = data.get_optional<std::string>("test_path");
  if (test_name && test_name->empty()) data.fail("test_path", "must name a file, or be null");
  const double test_fraction = data.get<double>("test_fraction", 0.2, inside);
  TableColumns text = read_text_table(path, schema);
  const std::string test_path = test_name ? find_table(*test_name, known, split.inputs) : path;
  const TableColumns other = test_name ? read_text_table(test_path, schema) : TableColumns();
  const TableColumns& test_text = test_name ? other : text;
  schema.format.names = text.names_are_places ? text.names : std::vector<std::string>();
  if (text.rows < (test_name ? 1 : 2) || test_text.rows < 1)
    throw Error(str(text.rows < 1 ? path : test_path, ": has ", text.rows < 1 ? text.rows : test_text.rows,
                    " row(s): too few to train and to test"));
  const auto order = permutation({structure_seed(data, seed), stream::structure, 0}, text.rows);
  const auto tested =
      test_name ? 0 : std::clamp<int64_t>(std::llround(double(text.rows) * test_fraction), 1, text.rows - 1);
  std::vector<int64_t> in_order(size_t(test_text.rows));
  std::iota(in_order.begin(), in_order.end(), int64_t{0});
  const std::span<const int64_t> all(order);
  const auto train = limited(data, "train_rows", all.first(size_t(text.rows - tested)));
  const auto test = limited(data, "test_rows", test_name ? in_order : all.last(size_t(tested)));
  try {
    split.warnings = text.notes;
    split.warnings.insert(split.warnings.end(), other.notes.begin(), other.notes.end());
    const auto codec = known.codec ? known.codec
                                   : std::make_shared<const TableCodec>(fit_codec(
                                         text, schema.format, train, &split.warnings, known.held_out, seed));
    check_columns(text, *codec);
    if (test_name) check_columns(test_text, *codec);
    TableRows test_rows = encode_rows(test_text, *codec, test, &split.warnings);
    const bool missing = known.missing || has_zero(test_rows.observed) || text.anything_missing;
    split.train = dataset_of(encode_rows(text, *codec, train), codec, missing);
    split.test = dataset_of(test_rows, codec, missing);
    return split;
  } catch (const Error& e) { throw Error(str(path, ": ", e.what())); }
}

}  // namespace elbow
